"""A real Valkey server for one test session."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet.embedded.valkey import valkey_command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def valkey_server(directory: Path, port: int, max_memory: str = "1gb") -> Iterator[str]:
    """Run a server in `directory`; yields its URL once it accepts connections."""
    process = subprocess.Popen(
        valkey_command(directory, port, max_memory), stdout=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, 10.0)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, deadline_s: float) -> None:
    """Return when something listens on `port`; raises `TimeoutError`."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port} after {deadline_s} s")
