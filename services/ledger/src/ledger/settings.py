"""Where the ledger is, for who writes and who reads it, and the settings of its process."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ledger.archive.settings import ArchiveSettings
from ratchet.settings import CommonSettings

_DRIVERS = ("sqlite:///", "postgresql+psycopg://")


def _is_known(url: str) -> str:
    if url and not url.startswith(_DRIVERS):
        raise ValueError(
            f"must begin with {' or '.join(_DRIVERS)}, or be empty for a file in the data directory"
        )
    return url


LedgerUrl = Annotated[str, AfterValidator(_is_known)]


class LedgerPlace(CommonSettings):
    """`ledger_url` is SQLAlchemy's; empty means `ledger.db` in the data directory."""

    ledger_url: LedgerUrl = ""

    @property
    def ledger_database(self) -> str:
        return self.ledger_url or f"sqlite:///{self.data_dir.resolve() / 'ledger.db'}"


class LedgerSettings(LedgerPlace, ArchiveSettings):
    """After the database was away, the next batch waits `ledger_pause_s`."""

    port: int = Field(default=8105, ge=1, le=65535)
    ledger_batch: int = Field(default=500, ge=1, le=1000)
    ledger_pause_s: float = Field(default=1.0, ge=0)
