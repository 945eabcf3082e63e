"""Opens the ledger's database, and replaces a damaged file by a new one."""

from contextlib import ExitStack
from datetime import UTC, datetime

from sqlalchemy import Engine

from ledger.backends.damage_mark import DamageMark
from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ratchet.storage.sqlite import Damaged


def open_sound(url: str, window_days: int) -> Engine:
    """A migrated engine for writing; a damaged file is set aside and a new one created.

    `window_days` is that of `SqlLedger`.
    Raises `WrongSchema`, and `Unavailable` if the database cannot be opened for another reason.
    """
    mark = DamageMark(url)
    if mark.is_set or (mark.database is not None and mark.database.is_dir()):
        mark.set_aside(datetime.now(UTC))
    try:
        return _migrated(url, window_days)
    except Damaged:
        mark.set_aside(datetime.now(UTC))
    return _migrated(url, window_days)


def _migrated(url: str, window_days: int) -> Engine:
    with ExitStack() as undo:
        engine = open_for_writing(url)
        undo.callback(engine.dispose)
        migrate(engine, window_days)
        undo.pop_all()
    return engine
