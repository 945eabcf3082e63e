"""Migrates the ledger's schema and reports why a reader cannot use it."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from ledger.backends.recount import recount
from ledger.backends.writer import SqlLedger
from ratchet.contract import FEEDBACK_WINDOW_DAYS

_COUNTS_SINCE = "0006"
"""The revision since which experiences are counted as this version does."""


class WrongSchema(RuntimeError):
    """The schema is of a newer version; the message names the remedy."""


def migrate(engine: Engine, window_days: int = FEEDBACK_WINDOW_DAYS) -> None:
    """Run the missing revisions, all or none, and count again what they count otherwise.

    `window_days` is that of `SqlLedger`. Raises `WrongSchema` and `Unavailable`.
    """
    config = _config()
    with engine.begin() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and at not in _revisions():
            raise WrongSchema(_newer(at))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if at is not None and at < _COUNTS_SINCE:
            recount(connection, SqlLedger(engine, window_days))


def schema_problem(engine: Engine) -> str | None:
    """Why this version cannot read the database, with the remedy, or None.

    Raises `Unavailable`.
    """
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    revisions = _revisions()
    if at is None:
        return "The ledger has no tables yet. Start `python -m ledger`, which creates them."
    if at not in revisions:
        return _newer(at)
    if at != revisions[0]:
        return (
            f"The ledger's schema is at {at}, older than {revisions[0]}. "
            "Start `python -m ledger` of this version, which migrates it."
        )
    return None


def _newer(at: str) -> str:
    return (
        f"The ledger's schema is at {at}, which this version does not know. "
        "Run the version that migrated it, or a newer one."
    )


@cache
def _revisions() -> list[str]:
    """The newest first."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return [step.revision for step in steps]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("ledger") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
