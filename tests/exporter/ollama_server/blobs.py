"""The files of a stand-in Ollama: content by digest, kept while a tag uses it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


class DigestMismatch(ValueError):
    """What was sent is not what its digest says."""


class Blobs:
    """Digests are `sha256:<hex>`, as in the API; `uploads` counts the files that were taken in."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.uploads = 0

    def path(self, digest: str) -> Path:
        return self._directory / digest.replace(":", "-")

    def __contains__(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def put(self, digest: str, content: bytes) -> bool:
        """Whether `content` is new here; raises `DigestMismatch`."""
        if digest in self:
            return False
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if found != digest:
            raise DigestMismatch(f"digest mismatch, expected {digest!r}, got {found!r}")
        self._directory.mkdir(parents=True, exist_ok=True)
        self.path(digest).write_bytes(content)
        self.uploads += 1
        return True

    def prune(self, used: Iterable[str]) -> None:
        """Remove what no tag uses, as a server does at its start and after each deletion."""
        kept = {self.path(digest) for digest in used}
        for path in self._directory.glob("sha256-*"):
            if path not in kept:
                path.unlink()
