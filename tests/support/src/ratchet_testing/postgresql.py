"""A private PostgreSQL server, if its programs are installed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratchet_testing.valkey import free_port, wait_for_port

_INSTALLED = Path("/usr/lib/postgresql")
_SETTINGS = ("fsync=off", "max_connections=20", "shared_buffers=16MB")


def programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, or None if they are not installed."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).parent
    found = sorted(_INSTALLED.glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def postgresql_server(bin_dir: Path, directory: Path) -> Iterator[str]:
    """Run a server in the empty `directory`; yields the SQLAlchemy URL of its database.

    The server refuses to run as root: then it runs as the user the package made.
    """
    user = "postgres" if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(directory, user)
    port = free_port()
    data = directory / "data"
    make = [bin_dir / "initdb", "-D", data, "-U", "ratchet", "--auth=trust", "-E", "UTF8", "-N"]
    subprocess.run([str(word) for word in make], check=True, capture_output=True, user=user)
    run = [bin_dir / "postgres", "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1"]
    for setting in (*_SETTINGS, f"unix_socket_directories={directory}"):
        run += ["-c", setting]
    process = subprocess.Popen([str(word) for word in run], stderr=subprocess.DEVNULL, user=user)
    try:
        wait_for_port(port, 20.0)
        yield f"postgresql+psycopg://ratchet@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nobody needs the data
        process.wait(20)
