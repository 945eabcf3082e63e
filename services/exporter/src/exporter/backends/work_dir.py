"""The export's working directory: one export at a time, finished stages kept for a second try."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directory_lock import locked
from ratchet.durable import flush_tree


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the right to export, make `directory`, and remove what killed exports left beside it.

    The lock is on the parent directory.
    """
    with locked(directory.parent):
        for path in directory.parent.glob("export-*"):
            if path != directory:
                shutil.rmtree(path)
        directory.mkdir(exist_ok=True)
        yield


def once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, made aside by `make` and renamed unless an earlier try finished it."""
    if not target.exists():
        aside = target.with_name(f"{target.name}.part")
        remove(aside)
        make(aside)
        flush_tree(aside)
        aside.rename(target)
    return target


def remove(path: Path) -> None:
    """Remove a file or a directory, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
