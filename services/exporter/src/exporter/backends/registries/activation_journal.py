"""The history of the alias in one JSON file."""

from pathlib import Path

from pydantic import TypeAdapter

from exporter.backends.directories import locked
from exporter.domain.registry.alias_history import Move
from ratchet.storage import write_whole

_MOVES = TypeAdapter(tuple[Move, ...])


class ActivationJournal:
    """Appended moves are durable; the service and commands may append at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Move, ...]:
        if not self._path.is_file():
            return ()
        return _MOVES.validate_json(self._path.read_bytes())

    def append(self, move: Move) -> None:
        # `ratchet install` appends too, in another process: without the lock, one of two appends
        # that read the same history would be lost.
        with locked(self._path.parent):
            write_whole(self._path, _MOVES.dump_json((*self.read(), move), indent=2))
