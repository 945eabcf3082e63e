"""Measures a command: its seconds, its CPU time and its peak memory."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.export.child_processes import ENVIRONMENT
from ratchet.processes import PARENT_VARIABLE


@dataclass(frozen=True)
class Spent:
    """`memory` is the peak of the largest process, in bytes; `output` is its stdout.

    `cpu_s` includes the processes that it started.
    """

    seconds: float
    cpu_s: float
    memory: int
    output: bytes = b""


def spent_by(
    command: Sequence[str], stdin: bytes = b"", environment: Mapping[str, str] = os.environ
) -> Spent:
    """Run `command` with `stdin`, and with `environment` besides the variables of this process.

    Raises `SystemExit` if it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment, **ENVIRONMENT, PARENT_VARIABLE: str(os.getpid())},
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(stdin)
    process.stdin.close()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Spent(
        seconds=time.perf_counter() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024,
        output=output,
    )
