"""The processes of an embedded system: start order, ports, commands and settings."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ratchet.processes import PRIVATE
from ratchet.processes.valkey import valkey_command
from ratchet_cli.embedded.memory_limit import usual_limit
from ratchet_text import masked

LOOPBACK = "127.0.0.1"
SERVICES = ("ledger", "exporter", "trainer", "reward", "gateway", "ingest")
"""In start order, consumers before producers; stopped in reverse."""

_OFFSETS = {
    "ingest": 0,
    "reward": 1,
    "trainer": 2,
    "exporter": 3,
    "valkey": 4,
    "ledger": 5,
    "gateway": 6,
}

_NICE = {"trainer": 10, "exporter": 10, "ledger": 5}
"""Training and recording yield to serving when they compete for the same cores."""


_SERVING_WAIT_S, _OTHER_WAIT_S = 1.0, 30.0
"""Nobody else takes in what happens while the intake or its Valkey is away, or answers while the
gateway is. What the others do waits in streams, and each of their starts takes seconds of a core
from the intake."""
_SERVING = ("ingest", "gateway")


RECORDED = (
    "cache_dir",
    "exporter_ollama_url",
    "exporter_server_url",
    "trainer_base_model",
    "trainer_chat_template_file",
    "trainer_device",
    "trainer_min_free_disk_gib",
    "trainer_quantization",
)
"""Settings of a running system that `ratchet doctor` reads from its data directory."""


@dataclass(frozen=True)
class ProcessSpec:
    """How to start a process, with `environment` in addition to the supervisor's.

    `nice` is added to its priority value and that of its children. It does not get the variables
    of the supervisor that begin with one of `withheld`. `longest_wait_s` is the longest pause
    before a restart. `health` is whether it serves `/livez` and `/readyz` on its port; `redis_url`
    is that of a Valkey server.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    nice: int = 0
    withheld: tuple[str, ...] = ()
    longest_wait_s: float = 30.0
    health: bool = False
    redis_url: str = ""


@dataclass(frozen=True)
class Embedded:
    """An embedded system in `data_dir`, whose Valkey uses at most `max_memory` bytes.

    Ports: ingest `port`, reward +1, trainer +2, exporter +3, valkey +4, ledger +5,
    gateway +6. Only ingest listens on `host`; the others are on loopback.
    """

    data_dir: Path
    port: int
    environment: Mapping[str, str]
    max_memory: int = field(default_factory=usual_limit)
    host: str = LOOPBACK

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

    @property
    def has_base_model(self) -> bool:
        return bool(self.recorded_settings().get("trainer_base_model"))

    def recorded_settings(self) -> dict[str, str]:
        """The settings that `ratchet doctor` reads, by field, without secrets."""
        environment = {**os.environ, **self.environment}
        variables = {name: f"RATCHET_{name.upper()}" for name in RECORDED}
        return {
            name: masked(environment[variable])
            for name, variable in variables.items()
            if variable in environment
        }

    def processes(self) -> list[ProcessSpec]:
        """Every process in start order."""
        valkey_port = self.port_of("valkey")
        valkey = ProcessSpec(
            "valkey",
            valkey_command(self.data_dir / "valkey", valkey_port, str(self.max_memory)),
            {},
            valkey_port,
            withheld=PRIVATE,
            longest_wait_s=_SERVING_WAIT_S,
            redis_url=self.redis_url,
        )
        return [valkey, *(self._service(name) for name in SERVICES)]

    def _service(self, name: str) -> ProcessSpec:
        environment = {
            # The services multiply small matrices: starting BLAS threads costs more than it saves.
            "OPENBLAS_NUM_THREADS": "1",
            **self.environment,
            "RATCHET_REDIS_URL": self.redis_url,
            "RATCHET_DATA_DIR": str(self.data_dir.resolve()),
            "RATCHET_HOST": self.host if name == "ingest" else LOOPBACK,
            "RATCHET_PORT": str(self.port_of(name)),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", name]
        nice, port = _NICE.get(name, 0), self.port_of(name)
        wait_s = _SERVING_WAIT_S if name in _SERVING else _OTHER_WAIT_S
        return ProcessSpec(
            name, command, environment, port, nice, _foreign(name), wait_s, health=True
        )


def _foreign(name: str) -> tuple[str, ...]:
    """The beginnings of variables that are for commands or for other services only."""
    others = {other for other in SERVICES if other != name}
    if name == "ingest":
        others.discard("ledger")  # it reads the ledger's database
    return ("RATCHET_API_KEY", *(f"RATCHET_{other.upper()}_" for other in others))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on `port` of the address `host`; port 0 is always free."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the servers do: otherwise connections in TIME_WAIT make a restart fail.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
