"""Runs the exporter service in a separate process group that is killed in whole or in part."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import psutil  # type: ignore[import-untyped]

from ratchet.processes import signal_on_parent_death

Target = Literal["group", "service", "child"]
_GONE_S = 10.0


class Victim:
    """`log` is the service's log file; `survivors` are processes that outlived a kill."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self.survivors = 0
        self._process = self._started()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs the service until an orderly stop."""
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_GONE_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)

    def require_alive(self) -> None:
        """Raises `SystemExit` with the end of the log if the service has exited."""
        status = self._process.poll()
        if status is not None:
            tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise SystemExit(f"the exporter exited with status {status}: {tail}")

    def children(self) -> list[psutil.Process]:
        return list(psutil.Process(self._process.pid).children(recursive=True))

    def kill(self, target: Target) -> Target:
        """Kill (-9) the target, or the service without a child; returns which, after a restart."""
        if target == "child":
            exports = psutil.Process(self._process.pid).children()
            grandchildren = [child for export in exports for child in export.children()]
            for child in exports:
                child.kill()
            if exports:
                self._outlive([*exports, *grandchildren])
                return "child"
            target = "service"
        if target == "group":
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._outlive(_session(self._process.pid))
        self._process = self._started()
        return target

    def _outlive(self, processes: list[psutil.Process]) -> None:
        _, alive = psutil.wait_procs(processes, _GONE_S)
        self.survivors += len(alive)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "exporter"],
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(  # noqa: PLW1509 -- no other thread runs Python here
                    signal_on_parent_death, signal.SIGKILL
                ),
            )


def _session(leader: int) -> list[psutil.Process]:
    """The processes of the session, also those with a new parent."""
    results: list[psutil.Process] = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == leader:
                results.append(psutil.Process(pid))
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return results
