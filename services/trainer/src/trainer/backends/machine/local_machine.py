"""The free memory and disk of this machine."""

import shutil
from pathlib import Path

import psutil  # type: ignore[import-untyped]


class LocalMachine:
    """The machine this process runs on, with the disk of `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def free_memory(self) -> int:
        return int(psutil.virtual_memory().available)

    def free_disk(self) -> int:
        return shutil.disk_usage(self._directory).free
