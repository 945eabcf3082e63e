"""The setting that locates the ledger's database, for the services that read it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ratchet.contract import FEEDBACK_WINDOW_DAYS
from ratchet.settings import CommonSettings
from ratchet_text import readable_url

_DRIVERS = ("sqlite:///", "postgresql+psycopg://")


def _with_known_driver(url: str) -> str:
    if url and not url.startswith(_DRIVERS):
        raise ValueError(
            f"must begin with {' or '.join(_DRIVERS)}, or be empty for a file in the data directory"
        )
    return readable_url(url)


class LedgerLocation(CommonSettings):
    """`ledger_url` is an SQLAlchemy URL; empty means `ledger.db` in the data directory.

    `reward_window_days` is the setting of the reward service: later feedback is not counted.
    """

    ledger_url: Annotated[str, AfterValidator(_with_known_driver)] = ""
    reward_window_days: int = Field(default=FEEDBACK_WINDOW_DAYS, ge=1)

    @property
    def ledger_database(self) -> str:
        return self.ledger_url or f"sqlite:///{self.data_dir.resolve() / 'ledger.db'}"
