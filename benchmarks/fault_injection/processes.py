"""Processes: their children, names and signals."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

from ratchet_cli.embedded.processes import SERVICES


async def ended(*command: str) -> int:
    """The exit status of a command, whose output is dropped."""
    nowhere = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=nowhere)
    return await process.wait()


def children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in path.read_text().split()]
        except OSError:
            continue
    return found


def name_of(pid: int) -> str | None:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return None
    if "-m" in arguments[:3]:
        module = arguments[arguments.index("-m") + 1]
        return module if module in SERVICES else None
    return "valkey" if "valkey" in arguments[0] or "redis" in arguments[0] else None


def send_signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
