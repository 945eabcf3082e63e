"""The ways in which a file is lost or damaged."""

from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path], None]
_STEP = 53


def missing(file: Path) -> None:
    file.unlink(missing_ok=True)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def cut_in_half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def header_overwritten(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"not a database at all")


def pages_flipped(file: Path) -> None:
    """Change bytes in the second half: the file opens, and shows the damage when it is read."""
    content = bytearray(file.read_bytes())
    for at in range(len(content) // 2, len(content), _STEP):
        content[at] ^= 0x5A
    file.write_bytes(content)


def a_directory(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()
