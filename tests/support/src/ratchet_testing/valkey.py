"""A Valkey server for one test session."""

import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet.processes.valkey import valkey_command

_PORTS = (10_000, 30_000)
_DRAWN = random.SystemRandom()
"""Parallel test processes draw different ports."""


def free_port(in_a_row: int = 1) -> int:
    """Return the first of `in_a_row` consecutive free ports.

    Drawn from below those that the system gives to clients, which may take one in between.
    """
    while True:
        first = _DRAWN.randrange(*_PORTS)
        if all(_is_free(first + number) for number in range(in_a_row)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def valkey_server(
    directory: Path, port: int, max_memory: str = "1gb", *options: str
) -> Iterator[str]:
    """Run a server in `directory`; yields its URL when it accepts connections.

    `options` follow those of the embedded server and replace them.
    """
    command = [*valkey_command(directory, port, max_memory), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, 10.0)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, deadline_s: float) -> None:
    """Wait until something listens on `port`. Raises `TimeoutError`."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port} after {deadline_s} s")
