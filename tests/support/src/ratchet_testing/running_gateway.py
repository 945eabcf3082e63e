"""A gateway in a process of its own, as it is deployed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ratchet_testing.valkey import free_port, wait_for_port


@dataclass
class RunningGateway:
    """The settings lack their prefix RATCHET_."""

    redis_url: str
    data_dir: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "RATCHET_REDIS_URL": self.redis_url,
            "RATCHET_DATA_DIR": str(self.data_dir),
            "RATCHET_PORT": str(self.port),
            "RATCHET_LOG_LEVEL": "critical",
            **{f"RATCHET_{name}": value for name, value in self.settings.items()},
        }
        self.process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment)
        wait_for_port(self.port, 60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of a metric that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in httpx.get(f"{self.url}/metrics").text.splitlines()
            if line.startswith((name + "{", name + " ")) and all(one in line for one in wanted)
        )


@contextmanager
def running_gateway(
    redis_url: str, data_dir: Path, upstream_url: str, **settings: str
) -> Iterator[RunningGateway]:
    gateway = RunningGateway(
        redis_url, data_dir, {"GATEWAY_UPSTREAM_URL": upstream_url, **settings}
    )
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
