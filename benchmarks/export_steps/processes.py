"""Measures a command: its seconds and its peak memory."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.export.child_processes import ENVIRONMENT
from ratchet.processes import PARENT_VARIABLE


@dataclass(frozen=True)
class Spent:
    """`memory` is the peak of the largest process, in bytes; `output` is its stdout."""

    seconds: float
    memory: int
    output: bytes = b""


def spent_by(command: Sequence[str], stdin: bytes = b"") -> Spent:
    """Run `command` with `stdin`. Raises `SystemExit` if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ENVIRONMENT, PARENT_VARIABLE: str(os.getpid())},
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(stdin)
    process.stdin.close()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Spent(time.perf_counter() - began, usage.ru_maxrss * 1024, output)
