"""The model server behind the gateway, as a process that can be killed."""

import subprocess
import sys

from gateway_load.model_server import SCRIPT

from ratchet_testing.valkey import free_port, wait_for_port

_PACE_S = ("0.01", "0.002")


class ModelServer:
    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it accepts connections."""
        self._process = subprocess.Popen([sys.executable, str(SCRIPT), str(self.port), *_PACE_S])
        wait_for_port(self.port, 60)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
