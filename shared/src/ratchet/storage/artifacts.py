"""Content-addressed storage of immutable files."""

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from ratchet.contract import ArtifactRef
from ratchet.storage.durable_write import flush

_CHUNK = 1 << 20


class ArtifactMissing(LookupError):
    """No file with that hash in the store."""


class ArtifactCorrupt(ValueError):
    """The stored bytes do not have the hash in their name."""


class ArtifactStore:
    """A directory `root` of files `<sha256[:2]>/<sha256>`: written aside, fsynced, renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: Path, name: str | None = None) -> ArtifactRef:
        """Copy `source` in and return its reference; the same content is stored once."""
        self._root.mkdir(parents=True, exist_ok=True)
        handle, temporary_name = tempfile.mkstemp(dir=self._root, prefix=".incoming-")
        temporary = Path(temporary_name)
        try:
            with os.fdopen(handle, "wb") as target, source.open("rb") as origin:
                shutil.copyfileobj(origin, target, _CHUNK)
            return self.adopt(temporary, name or source.name)
        finally:
            temporary.unlink(missing_ok=True)

    def adopt(self, source: Path, name: str) -> ArtifactRef:
        """Move `source` in: on the same file system a killed process leaves no copy.

        From another file system it is copied, then deleted.
        """
        flush(source)
        reference = ArtifactRef(sha256=sha256_of(source), size=source.stat().st_size, name=name)
        target = self._place(reference.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.put(source, name)
            source.unlink()
        flush(target.parent)
        return reference

    def discard(self, reference: ArtifactRef) -> None:
        """Delete an unreferenced artifact; does nothing if it is missing."""
        self._place(reference.sha256).unlink(missing_ok=True)

    def put_bytes(self, content: bytes, name: str) -> ArtifactRef:
        with tempfile.TemporaryDirectory() as directory:
            source = Path(directory) / name
            source.write_bytes(content)
            return self.put(source)

    def path(self, reference: ArtifactRef) -> Path:
        """The file behind `reference`; raises `ArtifactMissing`."""
        path = self._place(reference.sha256)
        if not path.is_file():
            message = f"artifact {reference.name} ({reference.sha256[:12]}) is not in {self._root}"
            raise ArtifactMissing(message)
        return path

    def verified(self, reference: ArtifactRef) -> Path:
        """The file, after its hash was checked; raises `ArtifactMissing` and `ArtifactCorrupt`."""
        path = self.path(reference)
        if sha256_of(path) != reference.sha256:
            message = f"artifact {reference.name} ({reference.sha256[:12]}) has changed on disk"
            raise ArtifactCorrupt(message)
        return path

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
