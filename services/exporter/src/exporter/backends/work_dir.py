"""The working directory of an export: one export at a time; a retry reuses finished stages."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directory_lock import locked

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Lock the parent directory, create `directory`, and remove other exports' leftovers."""
    with locked(directory.parent):
        # Stages are not flushed to disk, because an export writes gigabytes. A killed process
        # leaves whole files; a power loss may not. So stages of an earlier boot are removed.
        boot = directory / _BOOT.read_text().strip()
        for path in directory.parent.glob("export-*"):
            if path != directory or not boot.exists():
                shutil.rmtree(path)
        directory.mkdir(exist_ok=True)
        boot.touch()
        yield


def once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`; create it with `make`, unless an earlier attempt finished it.

    `make` writes to a temporary name, which is renamed at the end: a file under its final name is
    complete.
    """
    if not target.exists():
        aside = target.with_name(f"{target.name}.part")
        remove(aside)
        make(aside)
        aside.rename(target)
    return target


def remove(path: Path) -> None:
    """Remove a file or a directory, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
