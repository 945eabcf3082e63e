"""`<data-dir>/bundles`: where bundles are written, and where one is unpacked to be verified."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directory_lock import locked
from exporter.backends.work_dir import remove


@contextmanager
def staging(bundles: Path) -> Iterator[Path]:
    """An empty directory, gone at the end; one at a time, and what a kill left goes first."""
    incoming = bundles / ".incoming"
    with locked(bundles):
        for left in (incoming, *bundles.glob("*.part")):
            remove(left)
        incoming.mkdir()
        try:
            yield incoming
        finally:
            remove(incoming)
