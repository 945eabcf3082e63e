"""Runs a server in a separate process, on a free port."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ratchet_testing.valkey import free_port, wait_for_port

INTAKE = ("-m", "ingest")
BARE = (str(Path(__file__).with_name("bare.py")),)
_SOURCES = ("*/src", "services/*/src")


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """CPU seconds of the process since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(
    program: Sequence[str],
    redis_url: str,
    data_dir: Path,
    checkout: Path | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Yields the server when it responds; `settings` lack their prefix RATCHET_.

    With `checkout` its sources run instead of those of this process.
    """
    port = free_port()
    places = [str(path) for pattern in _SOURCES for path in (checkout or Path()).glob(pattern)]
    environment = {
        **os.environ,
        **({"PYTHONPATH": os.pathsep.join(places)} if checkout else {}),
        "RATCHET_REDIS_URL": redis_url,
        "RATCHET_DATA_DIR": str(data_dir),
        "RATCHET_PORT": str(port),
        "RATCHET_LOG_LEVEL": "error",
        **{f"RATCHET_{name}": value for name, value in settings.items()},
    }
    process = subprocess.Popen([sys.executable, *program], env=environment)
    try:
        wait_for_port(port, 120)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)
