"""Opens the file system of an archive: a directory, a bucket or any other URL of fsspec."""

from typing import Any

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.arrow import ArrowFSWrapper  # type: ignore[import-untyped]
from pyarrow.fs import FileSelector, FileSystem, FileType  # type: ignore[import-untyped]

from ratchet_text import Secrets, masked

_BUCKETS = ("s3://", "gs://", "gcs://")


class InvalidArchiveUrl(RuntimeError):
    """The archive's URL cannot be opened; the message names the remedy."""


class Bucket(ArrowFSWrapper):  # type: ignore[misc]
    """A bucket by Arrow's own client, which pyarrow brings: no s3fs or gcsfs is needed."""

    def find(self, path: str, **_: Any) -> list[str]:
        """Every file below `path`. fsspec's own walks the folders with a request for each."""
        chosen = FileSelector(path, recursive=True, allow_not_found=True)
        return [f.path for f in self.fs.get_file_info(chosen) if f.type == FileType.File]


def open_filesystem(url: str) -> tuple[Any, str]:
    """An fsspec file system and the archive's root on it; raises `InvalidArchiveUrl`."""
    try:
        if url.startswith(_BUCKETS):
            client, root = FileSystem.from_uri(url)
            return Bucket(client), root
        filesystem, root = fsspec.url_to_fs(url)
    except (ImportError, ValueError, OSError) as error:
        problem = Secrets.of([url], {}).hide(str(error).replace(url, masked(url)))
        # The error itself would be logged with its message, which may repeat the URL.
        raise InvalidArchiveUrl(
            f"RATCHET_ARCHIVE_URL {masked(url)} cannot be opened: {problem}. "
            "Set it to a directory, to s3://BUCKET/PREFIX, or to a URL whose fsspec library is "
            "installed."
        ) from None
    return filesystem, str(root).rstrip("/")
