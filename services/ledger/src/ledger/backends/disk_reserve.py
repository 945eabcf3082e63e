"""The part of the disk that the ledger leaves to Redis, so that the intake goes on."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ratchet.contract import Unavailable


@dataclass(frozen=True)
class DiskReserve:
    """`size` bytes of the disk of `directory`."""

    directory: Path
    size: int

    def check(self) -> None:
        """Raises `Unavailable` while less is free; what the ledger lacks waits in the streams."""
        if shutil.disk_usage(self.directory).free < self.size:
            raise Unavailable(
                f"the ledger pauses, because less than {self.size >> 20} MiB are free on the disk "
                f"of {self.directory}, which the intake needs. Make room there, or set "
                "RATCHET_LEDGER_DISK_RESERVE_BYTES."
            )
