"""Settings of the ledger service: its database, the archive and what the streams retain."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ledger.domain.archive.retention import StreamRetention
from ledger.reading import LedgerLocation
from ratchet_text import readable_url


class LedgerSettings(LedgerLocation):
    """`ledger_pause_s` is the delay before the next batch after the database was unavailable.

    While less than `ledger_disk_reserve_bytes` are free in the data directory, its database is not
    written. `archive_url` is empty for `<data_dir>/archive`; `RATCHET_RETENTION` is a JSON object.
    """

    port: int = Field(default=8105, ge=1, le=65535)
    ledger_batch: int = Field(default=500, ge=1, le=1000)
    ledger_disk_reserve_bytes: int = Field(default=256 << 20, ge=0)
    ledger_pause_s: float = Field(default=1.0, ge=0)
    archive_url: Annotated[str, AfterValidator(readable_url)] = ""
    archive_period_s: float = Field(default=60.0, gt=0)
    retention: StreamRetention = StreamRetention()

    @property
    def is_on_its_disk(self) -> bool:
        """Whether the database takes room in the data directory."""
        return not self.ledger_url

    @property
    def archive_place(self) -> str:
        return self.archive_url or str(self.data_dir.resolve() / "archive")
