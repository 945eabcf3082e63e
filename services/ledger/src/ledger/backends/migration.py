"""Bring the schema up to this code's revision, or say how the two differ."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


class WrongSchema(RuntimeError):
    """The database was made by newer code; the message says what to do."""


def migrate(engine: Engine) -> None:
    """Run what is missing, all or nothing. Raises `WrongSchema` and `Unavailable`."""
    config = _config()
    with engine.begin() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and at not in _revisions():
            raise WrongSchema(_newer(at))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_problem(engine: Engine) -> str | None:
    """Why this code cannot read the database yet, or None. Raises `Unavailable`."""
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    revisions = _revisions()
    if at is None:
        return "the ledger has no tables yet: start `python -m ledger`, which makes them"
    if at not in revisions:
        return _newer(at)
    if at != revisions[0]:
        return (
            f"the ledger's schema is at {at}, older than {revisions[0]}: "
            "start this version's `python -m ledger`, which brings it up to date"
        )
    return None


def _newer(at: str) -> str:
    return (
        f"the ledger's schema is at {at}, which this version does not know: "
        "run the version that made it, or a newer one"
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
