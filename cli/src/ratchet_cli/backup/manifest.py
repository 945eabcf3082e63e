"""What a backup holds, file by file: written last, it makes the files one thing."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ValidationError

from ratchet.contract import Value
from ratchet.storage import write_whole

_NAME = "manifest.json"


class NoBackup(ValueError):
    """A directory is no whole backup; the message names what is missing or damaged."""


def _stays_inside(path: str) -> str:
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts:
        raise ValueError("must be a path below the data directory")
    return path


Inside = Annotated[str, AfterValidator(_stays_inside)]


class Content(Value):
    """`size` is in bytes, `sha256` in hex."""

    sha256: str
    size: int


class Manifest(Value):
    """Paths are below the data directory; `links` maps symbolic ones to what they say."""

    schema_version: Literal[1] = 1
    taken_at: AwareDatetime
    files: Mapping[Inside, Content]
    links: Mapping[Inside, Inside]

    @property
    def bytes(self) -> int:
        return sum(content.size for content in self.files.values())

    def within(self, folder: str) -> int:
        """How many JSON files there are in `folder`."""
        return sum(PurePosixPath(path).match(f"{folder}/*.json") for path in self.files)

    def write(self, backup: Path) -> None:
        write_whole(backup / _NAME, self.model_dump_json(indent=1).encode())


def read(backup: Path) -> Manifest:
    """Raises `NoBackup`."""
    try:
        return Manifest.model_validate_json((backup / _NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoBackup(
            f"{backup} is no whole backup: it has no {_NAME}, which is written last"
        ) from error
    except ValidationError as error:
        raise NoBackup(f"{backup / _NAME} is damaged: take another backup") from error
