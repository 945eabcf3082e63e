"""`<data-dir>/bundles`: where bundles are written, and where one is unpacked to be verified."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.backends.directory_lock import locked


@contextmanager
def staging(bundles: Path) -> Iterator[Path]:
    """An empty directory, gone at the end; one at a time, and what a kill left goes first."""
    incoming = bundles / ".incoming"
    with locked(bundles):
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        try:
            yield incoming
        finally:
            shutil.rmtree(incoming)
