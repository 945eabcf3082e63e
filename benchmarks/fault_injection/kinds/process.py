"""Processes that die, hang, or are started again."""

import asyncio
import signal
from functools import partial
from random import Random

from fault_injection.kinds.fault import Fault
from fault_injection.system import PROCESSES, System


async def _signal(name: str, number: signal.Signals, system: System) -> None:
    system.signal(name, number)


async def _stop_all(system: System) -> None:
    for name in PROCESSES:
        system.signal(name, signal.SIGKILL)


async def _kill_supervisor(system: System) -> None:
    assert system.process is not None
    system.process.kill()
    await system.process.wait()


async def _start(system: System) -> None:
    # The children of a killed supervisor get SIGTERM from the kernel and need a moment.
    await asyncio.sleep(5)
    await system.start()


async def _restart(system: System) -> None:
    await system.stop()
    await system.start()


def kill_faults() -> list[Fault]:
    return [Fault(f"kill -9 {name}", partial(_signal, name, signal.SIGKILL)) for name in PROCESSES]


def process_faults() -> list[Fault]:
    hangs = [
        Fault(
            f"{name} does not respond for 20 s",
            partial(_signal, name, signal.SIGSTOP),
            20.0,
            partial(_signal, name, signal.SIGCONT),
        )
        for name in PROCESSES
    ]
    return [
        *kill_faults(),
        *hangs,
        Fault("kill -9 of all processes at once", _stop_all),
        Fault("kill -9 of `ratchet up`", _kill_supervisor, 1.0, _start),
        Fault("Ctrl-C and start again", _restart),
    ]


async def kill_at_random(system: System, kills: int, rng: Random) -> dict[str, int]:
    """kill -9 of one running process after another, also while it starts; counts by name."""
    killed = dict.fromkeys(PROCESSES, 0)
    while sum(killed.values()) < kills:
        await asyncio.sleep(rng.uniform(0.1, 1.5))
        running = sorted(system.pids())
        if not running:
            continue
        name = rng.choice(running)
        if system.signal(name, signal.SIGKILL):
            killed[name] += 1
    return killed
