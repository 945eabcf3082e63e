"""Directories: locks without a lock file, links, and stages that a retry reuses."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Create `directory` and lock it against other threads and processes; waits for them.

    The lock is released when its process dies.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Make `directory` the working directory of the only export; removes others' leftovers."""
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


def link_or_copy(source: Path, target: Path) -> None:
    """Link `target` to `source`, or copy it where the file system has no links.

    `source` must not change afterwards.
    """
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def staging(bundles: Path) -> Iterator[Path]:
    """An empty temporary directory; locks `bundles` and removes leftovers of killed processes."""
    incoming = bundles / ".incoming"
    with locked(bundles):
        for leftover in (incoming, *bundles.glob("*.part")):
            remove(leftover)
        incoming.mkdir()
        try:
            yield incoming
        finally:
            remove(incoming)
