"""The export's working directory: one export at a time, finished stages kept for a second try."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directory_lock import locked

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the right to export, make `directory`, and remove what killed exports left beside it.

    Stages of an earlier start of the machine are removed too: a power loss may have spoilt them.
    The lock is on the parent directory.
    """
    with locked(directory.parent):
        made = directory / _BOOT.read_text().strip()
        for path in directory.parent.glob("export-*"):
            if path != directory or not made.exists():
                shutil.rmtree(path)
        directory.mkdir(exist_ok=True)
        made.touch()
        yield


def once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, made aside by `make` and renamed unless an earlier try finished it.

    Nothing waits for the disk: `held` removes what may not have outlasted a power loss.
    """
    if not target.exists():
        aside = target.with_name(f"{target.name}.part")
        remove(aside)
        make(aside)
        aside.rename(target)
    return target


def remove(path: Path) -> None:
    """Remove a file or a directory, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
