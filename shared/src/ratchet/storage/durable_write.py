"""Writes that survive a power loss."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Wait until the content of a file, or the entries of a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(directory: Path) -> None:
    """Flush everything in `directory`, then the directory."""
    for path in sorted(directory.rglob("*")):
        flush(path)
    flush(directory)


def write_whole(path: Path, content: bytes) -> None:
    """After a crash at any moment `path` is as it was before or holds all of `content`."""
    aside = path.with_suffix(".part")
    aside.write_bytes(content)
    flush(aside)
    aside.replace(path)
    flush(path.parent)
