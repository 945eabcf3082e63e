"""The wall clock as the processes of the system see it; the machine's own clock is not touched."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


class MachineClock:
    """`environment` gives a process this clock. Without a C compiler it cannot be set."""

    def __init__(self, directory: Path) -> None:
        self._ahead = directory / "clock"
        library = directory / "clock.so"
        self.set_ahead(0)
        compiler = shutil.which("cc")
        self.can_be_set = compiler is not None
        self.environment: Mapping[str, str] = {}
        if compiler is not None:
            command = [compiler, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"]
            subprocess.run(command, check=True)
            self.environment = {"LD_PRELOAD": str(library), "FAULT_CLOCK": str(self._ahead)}

    def set_ahead(self, seconds: int) -> None:
        """Running processes see it at once: they share the memory of the file."""
        content = struct.pack("=q", seconds)
        with self._ahead.open("r+b" if self._ahead.exists() else "wb") as file:
            file.write(content)
