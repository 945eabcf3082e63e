"""Settings of the ingest service."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ledger.reading import LedgerLocation
from ratchet.contract import CLOCK_TOLERANCE_S, Method
from ratchet.setting_types import CommaSeparated, HttpAddress


class IngestSettings(LedgerLocation):
    """`ingest_naive_zone` is the time zone of timestamps without one.

    `ingest_clock_tolerance_s` is how far after their receipt items may claim to have occurred.

    `ingest_max_item_bytes` limits the event of one item, as JSON in UTF-8,
    `ingest_max_buffered_bytes` the bodies of all requests in progress. `ingest_max_connections`
    limits open connections, `ingest_max_connections_per_address` those of one address. A request
    has `ingest_header_timeout_s` for its headers and `ingest_body_timeout_s` for its body.

    `ingest_calls_per_minute` and `ingest_bytes_per_minute` limit what one client sends by POST.
    It may fill `ingest_client_share` of the memory that is free without it in Redis.

    `ingest_decision_timeout_s` is the time that Redis has to log a decision before its ranking is
    returned. `ingest_cors_origins` are the pages that may call from a browser, such as
    `http://panel.plant:3000`; `ingest_trusted_proxies` are the addresses or networks whose
    X-Forwarded-For is trusted. Both are separated by commas.
    `ingest_upstream_url` is the backend that gets every request for a path that is not ingest's
    own; its silence ends a request after `ingest_upstream_timeout_s`. Empty: such paths are 404.
    `ingest_trainer_url` is the address of the trainer, whose `/status` is requested every
    `ingest_trainer_every_s`. Empty means this machine and `port` + 2, as `ratchet up` starts it.
    `trainer_min_pairs` and `trainer_min_demonstrations` are the trainer's settings; the page shows
    them until the trainer reports its own.
    `ingest_ledger_readers` is the number of queries to the ledger that run at the same time.
    """

    port: int = Field(default=8100, ge=1, le=65535)
    ingest_naive_zone: str = "UTC"
    ingest_clock_tolerance_s: float = Field(default=CLOCK_TOLERANCE_S, ge=0, le=86_400)
    ingest_max_batch: int = Field(default=1000, ge=1)
    ingest_max_item_bytes: int = Field(default=64 * 1024, ge=4096)
    ingest_max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    ingest_max_buffered_bytes: int = Field(default=128 << 20, ge=1 << 20)
    ingest_calls_per_minute: int = Field(default=6_000, ge=1)
    ingest_bytes_per_minute: int = Field(default=256 << 20, ge=1 << 16)
    ingest_client_share: float = Field(default=0.75, gt=0, le=1)
    ingest_max_connections: int = Field(default=512, ge=8)
    ingest_max_connections_per_address: int = Field(default=256, ge=1)
    ingest_max_header_bytes: int = Field(default=32 * 1024, ge=4096)
    ingest_header_timeout_s: float = Field(default=10.0, gt=0)
    ingest_body_timeout_s: float = Field(default=60.0, gt=0)
    ingest_retry_after_s: int = Field(default=5, ge=1)
    ingest_rank_max_candidates: int = Field(default=100, ge=1)
    ingest_rank_max_body_bytes: int = Field(default=256 * 1024, ge=1024)
    ingest_decision_timeout_s: float = Field(default=0.25, gt=0)
    ingest_feedback_per_minute: int = Field(default=20, ge=1)
    ingest_cors_origins: CommaSeparated = ()
    ingest_trusted_proxies: CommaSeparated = ()
    ingest_upstream_url: HttpAddress = ""
    ingest_upstream_timeout_s: float = Field(default=300.0, gt=0)
    ingest_trainer_url: HttpAddress = ""
    ingest_trainer_every_s: float = Field(default=5.0, gt=0)
    trainer_min_pairs: int = Field(default=80, ge=2)
    trainer_min_demonstrations: int = Field(default=100, ge=2)
    ingest_ledger_readers: int = Field(default=2, ge=1, le=5)

    @property
    def minimums(self) -> dict[Method, int]:
        return {"dpo": self.trainer_min_pairs, "sft": self.trainer_min_demonstrations}

    @property
    def trainer_url(self) -> str:
        return self.ingest_trainer_url or f"http://127.0.0.1:{self.port + 2}"

    @field_validator("ingest_naive_zone")
    @classmethod
    def _the_zone_exists(cls, name: str) -> str:
        ZoneInfo(name)
        return name
