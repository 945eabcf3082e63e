"""Settings of the ingest service."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode

from ledger.reading import LedgerLocation


def _split(told: object) -> object:
    if not isinstance(told, str):
        return told
    return tuple(part.strip() for part in told.split(",") if part.strip())


def _is_address(told: str) -> str:
    if told and not told.startswith(("http://", "https://")):
        raise ValueError(f"{told!r} is no address; name one such as http://127.0.0.1:8102")
    return told.rstrip("/")


TrainerUrl = Annotated[str, AfterValidator(_is_address)]
Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class IngestSettings(LedgerLocation):
    """`ingest_naive_zone` is the time zone of timestamps that name none.

    `ingest_decision_timeout_s` is how long an answer waits for Redis to log its ranking.
    `ingest_cors_origins` are the pages that may call from a browser, such as
    `http://panel.plant:3000`, and `ingest_trusted_proxies` the addresses or networks whose
    X-Forwarded-For is believed; both are separated by commas.
    `ingest_trainer_url` is where the trainer answers `/status`, asked every
    `ingest_trainer_every_s`; empty means on this machine, where `ratchet up` has it: `port` + 2.
    `ingest_ledger_readers` questions to the ledger are asked at once.
    """

    port: int = Field(default=8100, ge=1, le=65535)
    ingest_naive_zone: str = "UTC"
    ingest_max_batch: int = Field(default=1000, ge=1)
    ingest_max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    ingest_retry_after_s: int = Field(default=5, ge=1)
    ingest_rank_max_candidates: int = Field(default=100, ge=1)
    ingest_rank_max_body_bytes: int = Field(default=256 * 1024, ge=1024)
    ingest_decision_timeout_s: float = Field(default=0.25, gt=0)
    ingest_feedback_per_minute: int = Field(default=20, ge=1)
    ingest_cors_origins: Listed = ()
    ingest_trusted_proxies: Listed = ()
    ingest_trainer_url: TrainerUrl = ""
    ingest_trainer_every_s: float = Field(default=5.0, gt=0)
    ingest_ledger_readers: int = Field(default=2, ge=1, le=5)

    @property
    def trainer_url(self) -> str:
        return self.ingest_trainer_url or f"http://127.0.0.1:{self.port + 2}"

    @field_validator("ingest_naive_zone")
    @classmethod
    def _the_zone_exists(cls, name: str) -> str:
        ZoneInfo(name)
        return name
