"""The commands that were refused, in one JSON file."""

import logging
from pathlib import Path

from pydantic import TypeAdapter

from exporter.backends.directories import locked
from exporter.domain.registry.alias_history import ActivationRefusal
from ratchet.storage import write_whole

_REFUSALS = TypeAdapter(tuple[ActivationRefusal, ...])
_KEPT = 1_000
_log = logging.getLogger(__name__)


class RefusedCommands:
    """The last refusals, durable: a Redis that went back in time delivers their commands again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[ActivationRefusal, ...]:
        """Oldest first; none if the file cannot be read."""
        if not self._path.exists():
            return ()
        try:
            return _REFUSALS.validate_json(self._path.read_bytes())
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            _log.error(
                "%s cannot be read (%s): a refused command that a restored Redis delivers again "
                "may be carried out. Put a good copy back, or delete the file.",
                self._path,
                reason,
            )
            return ()

    def append(self, refusal: ActivationRefusal) -> None:
        """Raises `OSError`. A damaged file is replaced."""
        with locked(self._path.parent):
            kept = (*self.read(), refusal)[-_KEPT:]
            write_whole(self._path, _REFUSALS.dump_json(kept, indent=2))
