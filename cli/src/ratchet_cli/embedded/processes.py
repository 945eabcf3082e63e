"""The processes of an embedded system: start order, ports, commands and settings."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratchet.processes.valkey import valkey_command

SERVICES = ("ledger", "exporter", "trainer", "reward", "ingest")
"""In start order, consumers before producers; stopped in reverse."""

_OFFSETS = {"ingest": 0, "reward": 1, "trainer": 2, "exporter": 3, "valkey": 4, "ledger": 5}

_NICE = {"trainer": 10, "exporter": 10, "ledger": 5}
"""Training and recording yield to serving when they compete for the same cores."""


@dataclass(frozen=True)
class ProcessSpec:
    """How to start a process; `nice` is added to its priority value and that of its children."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    nice: int = 0


@dataclass(frozen=True)
class Embedded:
    """An embedded system in `data_dir`.

    Ports: ingest `port`, reward +1, trainer +2, exporter +3, valkey +4, ledger +5.
    """

    data_dir: Path
    port: int
    environment: Mapping[str, str]

    def port_of(self, name: str) -> int:
        return self.port + _OFFSETS[name]

    @property
    def url(self) -> str:
        """The URL of the intake."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.port_of('valkey')}/0"

    @property
    def ports(self) -> dict[str, int]:
        return {name: self.port_of(name) for name in _OFFSETS}

    def processes(self) -> list[ProcessSpec]:
        """Every process in start order."""
        valkey_port = self.port_of("valkey")
        valkey = ProcessSpec(
            "valkey", valkey_command(self.data_dir / "valkey", valkey_port), {}, valkey_port
        )
        return [valkey, *(self._service(name) for name in SERVICES)]

    def _service(self, name: str) -> ProcessSpec:
        environment = {
            # The services multiply small matrices: starting BLAS threads costs more than it saves.
            "OPENBLAS_NUM_THREADS": "1",
            **self.environment,
            "RATCHET_REDIS_URL": self.redis_url,
            "RATCHET_DATA_DIR": str(self.data_dir.resolve()),
            "RATCHET_HOST": "127.0.0.1",
            "RATCHET_PORT": str(self.port_of(name)),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", name]
        return ProcessSpec(name, command, environment, self.port_of(name), _NICE.get(name, 0))
