"""The history of the alias in one JSON file."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from exporter.backends.directories import locked
from exporter.domain.registry.alias_history import Move
from ratchet.storage import write_whole

_MOVES = TypeAdapter(tuple[Move, ...])
_LINKS = ("previous", "latest")
_log = logging.getLogger(__name__)


class ActivationJournal:
    """Appended moves are durable; the service and commands may append at the same time.

    Of a damaged file the registry's links remain: the active version and the one before it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logged: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the history is incomplete, with the remedy; None if it is not."""
        try:
            self._stored()
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            return (
                f"{self._path} cannot be read ({reason}): put a good copy back; until then a "
                "rollback knows the active version and the one before it only"
            )
        return None

    def read(self) -> tuple[Move, ...]:
        """All moves in order; those that the links show if the file cannot be read."""
        try:
            moves = self._stored()
        except (OSError, ValueError):
            problem = self.problem
            if problem != self._logged:
                self._logged = problem
                _log.error("%s", problem)
            return self._shown_by_links()
        self._logged = None
        return moves

    def append(self, move: Move) -> None:
        """Raises `OSError`. A damaged file is kept beside the new one, as `<name>.damaged`."""
        # `ratchet install` appends too, in another process: without the lock, one of two appends
        # that read the same history would be lost.
        with locked(self._path.parent):
            try:
                moves = self._stored()
            except ValueError:
                moves = self._shown_by_links()
                self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))
            write_whole(self._path, _MOVES.dump_json((*moves, move), indent=2))

    def _stored(self) -> tuple[Move, ...]:
        if not self._path.exists():
            return ()
        return _MOVES.validate_json(self._path.read_bytes())

    def _shown_by_links(self) -> tuple[Move, ...]:
        moves: list[Move] = []
        for link in (self._path.parent / name for name in _LINKS):
            if not link.is_symlink():
                continue
            moves.append(
                Move(
                    cause=f"the link {link.name}",
                    at=datetime.fromtimestamp(link.lstat().st_mtime, UTC),
                    version=link.readlink().name,
                    previous=moves[-1].version if moves else None,
                )
            )
        return tuple(moves)
