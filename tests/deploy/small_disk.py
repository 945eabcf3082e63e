"""A separate disk for one directory that a test can fill: a tmpfs, if mounting is permitted."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path


class Disk:
    def __init__(self, mount_point: Path) -> None:
        self._mount_point = mount_point

    def fill(self) -> None:
        """Shrinks the disk to 4 MB and fills it."""
        _mount(self._mount_point, "remount,size=4m")
        try:
            with (self._mount_point / "filler").open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError as error:
            assert error.errno == ENOSPC


@contextmanager
def separate_disk(mount_point: Path) -> Iterator[Disk | None]:
    """A disk of 8 GB mounted at `mount_point`, or None without the permission to mount."""
    mount_point.mkdir(parents=True)
    if _mount(mount_point, "size=8g") != 0:
        yield None
        return
    try:
        yield Disk(mount_point)
    finally:
        subprocess.run(["umount", "--lazy", mount_point], check=True)


def _mount(mount_point: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mount_point)]
    return subprocess.run(command, capture_output=True, check=False).returncode
