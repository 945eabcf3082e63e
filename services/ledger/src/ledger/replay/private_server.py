"""Runs an empty Valkey server for the duration of a replay."""

import asyncio
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from ratchet.processes import child_environment, signal_on_parent_death
from ratchet.processes.valkey import valkey_command, wait_until_it_responds

_START_TIMEOUT_S = 20.0


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def private_server() -> AsyncIterator[str]:
    """Yields the URL of a server that accepts connections, with its files in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="ratchet-replay-") as directory:
        port = unused_port()
        process = await asyncio.create_subprocess_exec(
            *valkey_command(Path(directory), port, max_memory="0"),
            stdout=asyncio.subprocess.DEVNULL,
            env=child_environment(),
            preexec_fn=partial(signal_on_parent_death, signal.SIGKILL),
        )
        try:
            url = f"redis://127.0.0.1:{port}/0"
            await wait_until_it_responds(url, _START_TIMEOUT_S)
            yield url
        finally:
            process.kill()
            await process.wait()
