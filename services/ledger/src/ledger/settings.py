"""Settings of the ledger service."""

from pydantic import Field

from ledger.archive.settings import ArchiveSettings
from ledger.reading import LedgerLocation


class LedgerSettings(LedgerLocation, ArchiveSettings):
    """`ledger_pause_s` is the delay before the next batch after the database was unavailable."""

    port: int = Field(default=8105, ge=1, le=65535)
    ledger_batch: int = Field(default=500, ge=1, le=1000)
    ledger_pause_s: float = Field(default=1.0, ge=0)
