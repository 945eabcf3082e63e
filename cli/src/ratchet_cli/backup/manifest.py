"""The manifest of a backup: every file with its hash. Written last, it completes the backup."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ValidationError

from ratchet.contract import Value

MANIFEST = "manifest.json"


class InvalidBackup(ValueError):
    """A directory is no backup to trust; the message names the missing or damaged file."""


def _relative(path: str) -> str:
    parsed = PurePosixPath(path)
    if parsed.is_absolute() or ".." in parsed.parts:
        raise ValueError("must be a path below the data directory")
    return path


RelativePath = Annotated[str, AfterValidator(_relative)]


class BackupFile(Value):
    """`size` is in bytes, `sha256` in hex."""

    sha256: str
    size: int


class BackupManifest(Value):
    """Paths are below the data directory; `links` maps symbolic links to their targets."""

    schema_version: Literal[1] = 1
    taken_at: AwareDatetime
    files: Mapping[RelativePath, BackupFile]
    links: Mapping[RelativePath, RelativePath]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    def count_json(self, folder: str) -> int:
        """The number of JSON files in `folder`."""
        return sum(PurePosixPath(path).match(f"{folder}/*.json") for path in self.files)

    def document(self) -> bytes:
        return self.model_dump_json(indent=1).encode()


def read_manifest(backup: Path) -> bytes:
    """The bytes of the manifest; raises `InvalidBackup` if the backup was not completed."""
    try:
        return (backup / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InvalidBackup(
            f"{backup} is not a complete backup: {MANIFEST} is missing. Take another backup."
        ) from error


def parse_manifest(backup: Path, content: bytes) -> BackupManifest:
    """Raises `InvalidBackup`."""
    try:
        return BackupManifest.model_validate_json(content)
    except ValidationError as error:
        raise InvalidBackup(f"{backup / MANIFEST} is damaged. Take another backup.") from error
