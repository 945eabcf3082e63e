"""The files of the stand-in: content by digest, stored while a tag uses it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


class DigestMismatch(ValueError):
    """The content does not have its digest."""


class Blobs:
    """Digests are `sha256:<hex>`, as in the API; `uploads` counts the stored files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.uploads = 0

    def path(self, digest: str) -> Path:
        return self._directory / digest.replace(":", "-")

    def __contains__(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def put(self, digest: str, content: bytes) -> bool:
        """Whether `content` was not stored before; raises `DigestMismatch`."""
        if digest in self:
            return False
        actual = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if actual != digest:
            raise DigestMismatch(f"digest mismatch, expected {digest!r}, got {actual!r}")
        self._directory.mkdir(parents=True, exist_ok=True)
        self.path(digest).write_bytes(content)
        self.uploads += 1
        return True

    def prune(self, used: Iterable[str]) -> None:
        """Remove files that no tag uses, as a server does at its start and after each deletion."""
        in_use = {self.path(digest) for digest in used}
        for path in self._directory.glob("sha256-*"):
            if path not in in_use:
                path.unlink()
