"""The spool's directory on disk: one folder for each running process, locked by it."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from uuid import uuid4

from ratchet_client.events import EventKind

_SUFFIX = ".lines"
_LOCK = "lock"


def default_directory(url: str) -> Path:
    """Below the user's state directory; each server has its own.

    Raises `RuntimeError` if the user has no home directory.
    """
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "ratchet-client" / sha256(url.encode()).hexdigest()[:16]


class SpoolFolder:
    """The folder of this process. A folder whose process has ended is emptied into this one.

    The lock ends with the process, however it ends. Raises `OSError` if the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A folder gets its name when it is locked: no other process finds it before.
        new = root / f".{uuid4().hex}"
        new.mkdir(mode=0o700)
        self._lock = os.open(new / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = new.rename(root / new.name[1:])
        self._numbers = count(1)

    def namer(self, kind: EventKind) -> Callable[[], Path]:
        """Returns a function that names a new file of the kind."""
        return lambda: self.path / f"{kind.value}-{next(self._numbers):08}{_SUFFIX}"

    def take_over(self) -> dict[EventKind, list[Path]]:
        """Move the files of processes that have ended into this folder; the oldest come first."""
        ended: list[tuple[Path, int]] = []
        for folder in self.path.parent.iterdir():
            if folder != self.path and not folder.name.startswith("."):
                with suppress(OSError):
                    ended.append((folder, _locked(folder)))
        left = [file for folder, _ in ended for file in folder.glob(f"*{_SUFFIX}")]
        taken: dict[EventKind, list[Path]] = {kind: [] for kind in EventKind}
        for file in sorted(left, key=_age):
            with suppress(OSError, ValueError):
                kind = EventKind(file.name.partition("-")[0])
                taken[kind].append(file.rename(self.namer(kind)()))
        for folder, lock in ended:
            _remove(folder)
            os.close(lock)
        return taken

    def close(self) -> None:
        """Unlock the folder, and remove it if nothing waits in it."""
        if not any(self.path.glob(f"*{_SUFFIX}")):
            _remove(self.path)
        os.close(self._lock)

    def leave_to_parent(self) -> None:
        """After a fork: the folder stays the parent's."""
        os.close(self._lock)


def _age(file: Path) -> tuple[float, str]:
    try:
        return file.stat().st_mtime, file.name
    except OSError:
        return 0.0, file.name


def _locked(folder: Path) -> int:
    """Lock the folder of a process that has ended; raises `OSError` if it runs."""
    lock = os.open(folder / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove(folder: Path) -> None:
    with suppress(OSError):
        (folder / _LOCK).unlink()
        folder.rmdir()
