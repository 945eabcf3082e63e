"""The mark of a damaged database file, and the way to set the file aside.

The ledger is derived: archive and streams have everything that it holds, so a damaged file is
replaced and the new one filled from them.
"""

import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

_log = logging.getLogger(__name__)
_COMPANIONS = ("", "-wal", "-shm")


class DamageMark:
    """A file beside the database, which any process sets that meets damage.

    The ledger then ends, and its next start acts on the mark: damaged pages show when they are
    read, possibly not at a start. A database that is not a file has no mark.
    """

    def __init__(self, url: str) -> None:
        place = make_url(url)
        is_file = place.get_backend_name() == "sqlite" and place.database is not None
        self.database = Path(str(place.database)) if is_file else None

    @property
    def _path(self) -> Path | None:
        return self.database and self.database.with_name(f"{self.database.name}.damaged")

    @property
    def is_set(self) -> bool:
        return self._path is not None and self._path.exists()

    def set(self) -> None:
        # A reader may lack the permission; the writer meets the damage too.
        with suppress(OSError):
            if self._path is not None:
                self._path.touch()

    def set_aside(self, now: datetime) -> None:
        """Rename the database and its companions, then remove the mark."""
        if self.database is None or self._path is None:
            return
        kept = f"{self.database.name}.damaged-{now:%Y%m%dT%H%M%S}"
        for ending in _COMPANIONS:
            file = self.database.with_name(self.database.name + ending)
            if file.exists():
                file.rename(self.database.with_name(kept + ending))
        self._path.unlink(missing_ok=True)
        _log.error(
            "%s is damaged: kept as %s; the ledger is rebuilt from archive and streams",
            self.database,
            kept,
        )
