"""A disk of its own for one directory, which can be full: a tmpfs, where mounting is allowed."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path


class Disk:
    def __init__(self, place: Path) -> None:
        self._place = place

    def fill(self) -> None:
        """It shrinks to 4 MB, and then takes no byte more."""
        _mount(self._place, "remount,size=4m")
        try:
            with (self._place / "in the way").open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError as error:
            assert error.errno == ENOSPC


@contextmanager
def disk_of_its_own(place: Path) -> Iterator[Disk | None]:
    """A disk of 8 GB mounted at `place`; None without the right to mount."""
    place.mkdir(parents=True)
    if _mount(place, "size=8g") != 0:
        yield None
        return
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _mount(place: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode
