"""What commands read about the embedded system of a data directory: a file in it."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ratchet.command_line import STATE_FILE
from ratchet.storage import write_whole
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.trouble import Trouble

LOCK_FILE = ".up.lock"
_FAILURE_FILE = "up-failed.json"


class SystemState:
    """The file exists while the system runs; why its last start failed outlives it."""

    def __init__(self, embedded: Embedded) -> None:
        self._path = embedded.data_dir / STATE_FILE
        self._failure = embedded.data_dir / _FAILURE_FILE
        self._facts = {
            "pid": os.getpid(),
            "ports": embedded.ports,
            "started_at": time.time(),
            "settings": embedded.recorded_settings(),
        }

    def write(self, troubles: Mapping[str, Trouble]) -> None:
        """Replace the file, so that no reader finds half of it. A full disk stops no process."""
        facts = {**self._facts, "troubles": {name: asdict(one) for name, one in troubles.items()}}
        with suppress(OSError):
            self._failure.unlink(missing_ok=True)
            write_whole(self._path, json.dumps(facts).encode())

    def record_failure(self, troubles: Mapping[str, Trouble]) -> None:
        """Keep why the intake or its Valkey did not start."""
        for name in ("valkey", "ingest"):
            if name in troubles:
                with suppress(OSError):
                    self._failure.write_text(json.dumps(asdict(troubles[name])))
                return

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def recorded(data_dir: Path) -> dict[str, Any]:
    """What a running system recorded: its settings, and why processes are away."""
    return dict(json.loads((data_dir / STATE_FILE).read_text()))


def is_locked(data_dir: Path) -> bool:
    """Whether a process of `ratchet up` has the directory; its number alone may be another's."""
    lock = FileLock(data_dir / LOCK_FILE)
    try:
        with lock.acquire(blocking=False):
            return False
    except Timeout:
        return True


def last_failure(data_dir: Path) -> dict[str, str] | None:
    """Why the last start of the system in `data_dir` failed, with the remedy, if it is known."""
    path = data_dir / _FAILURE_FILE
    if not path.is_file():
        return None
    try:
        return asdict(Trouble(**json.loads(path.read_bytes())))
    except (OSError, ValueError, TypeError):
        return None
