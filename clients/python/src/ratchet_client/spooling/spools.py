"""The spools of one process: on disk, and in memory for what the disk does not take."""

import logging
from collections.abc import Callable
from pathlib import Path

from ratchet_client.events import EventKind
from ratchet_client.spooling.disk_spool import DiskSpool
from ratchet_client.spooling.folder import SpoolFolder, default_directory
from ratchet_client.spooling.spool import MemorySpool, Spool

_log = logging.getLogger("ratchet_client")
_MOST_MEMORY = 16 << 20


class Spools:
    """Of each kind at most `most_bytes` wait on disk. `on_lost` receives the number of events
    whose file was removed."""

    def __init__(self, folder: SpoolFolder | None, most_bytes: int, on_lost: Callable[[int], None]):
        self._folder = folder
        self._disks: dict[EventKind, DiskSpool] = {}
        memory = min(most_bytes, _MOST_MEMORY)
        self._memories = {kind: MemorySpool(memory) for kind in EventKind}
        if folder is None:
            return
        for kind, files in folder.take_over().items():
            self._disks[kind] = DiskSpool(files, folder.namer(kind), most_bytes, on_lost)

    def of(self, kind: EventKind) -> list[Spool]:
        disk = self._disks.get(kind)
        return [disk, self._memories[kind]] if disk else [self._memories[kind]]

    def close(self) -> int:
        """Returns the number of events in memory that the disk does not take at the end, either."""
        lost = 0
        for kind, memory in self._memories.items():
            lost += sum(not self._is_stored(kind, line) for line in memory.drain())
        for disk in self._disks.values():
            disk.close()
        if self._folder is not None:
            self._folder.close()
        return lost

    def leave_to_parent(self) -> None:
        """After a fork: close the files that belong to the parent."""
        for disk in self._disks.values():
            disk.leave_to_parent()
        if self._folder is not None:
            self._folder.leave_to_parent()

    def _is_stored(self, kind: EventKind, line: bytes) -> bool:
        disk = self._disks.get(kind)
        try:
            return disk is not None and disk.append(line)
        except OSError:
            return False


def open_folder(spool: Path | str | None, url: str) -> SpoolFolder | None:
    """A folder in the directory `spool`, an empty text being the default one.

    None if it is None or cannot be written: events then wait in memory.
    """
    if spool is None:
        return None
    try:
        return SpoolFolder(Path(spool) if spool else default_directory(url))
    except (OSError, RuntimeError) as error:
        _log.warning("events wait in memory, because there is no spool on disk: %s", error)
        return None
