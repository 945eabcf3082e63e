"""Settings of the ingest service."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ratchet.settings import CommonSettings


class IngestSettings(CommonSettings):
    """`ingest_naive_zone` is the time zone of timestamps that name none.

    `ingest_decision_timeout_s` is how long an answer waits for Redis to log its ranking.
    """

    port: int = Field(default=8100, ge=1, le=65535)
    ingest_naive_zone: str = "UTC"
    ingest_max_batch: int = Field(default=1000, ge=1)
    ingest_max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    ingest_retry_after_s: int = Field(default=5, ge=1)
    ingest_rank_max_candidates: int = Field(default=100, ge=1)
    ingest_rank_max_body_bytes: int = Field(default=256 * 1024, ge=1024)
    ingest_decision_timeout_s: float = Field(default=0.25, gt=0)

    @field_validator("ingest_naive_zone")
    @classmethod
    def _the_zone_exists(cls, name: str) -> str:
        ZoneInfo(name)
        return name
