"""The history of the alias in one JSON file, whole at every moment."""

from pathlib import Path

from pydantic import TypeAdapter

from exporter.backends.directory_lock import locked
from exporter.domain.registry.alias_history import Move
from ratchet.storage import write_whole

_MOVES = TypeAdapter(tuple[Move, ...])


class ActivationJournal:
    """A move that was appended outlasts a power loss; service and commands take turns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Move, ...]:
        if not self._path.is_file():
            return ()
        return _MOVES.validate_json(self._path.read_bytes())

    def append(self, move: Move) -> None:
        with locked(self._path.parent):
            write_whole(self._path, _MOVES.dump_json((*self.read(), move), indent=2))
