"""`<data-dir>/bundles`: the directory for written bundles and for unpacking one to verify it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directories import locked, remove


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
