"""The memory and disk of this machine."""

import shutil
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_COUNTERS = Path("/proc/vmstat")


class LocalMachine:
    """The machine this process runs on, with the disk of `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def free_memory(self) -> int:
        """Bytes of main memory that are available without swapping."""
        return int(psutil.virtual_memory().available)

    def free_disk(self) -> int:
        """Bytes that are free where runs and artifacts are written."""
        return shutil.disk_usage(self._directory).free


def oom_kills() -> int:
    """Processes killed for lack of memory since boot; 0 if the kernel does not report it."""
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
