"""Redis that is away, full, slow or cut off, and a full disk."""

import asyncio
import signal

from fault_injection.kinds.fault import Fault
from fault_injection.system import System

_SERVICES_KILLED = ("reward", "exporter", "ledger")


async def _fill_memory(system: System) -> None:
    async with system.redis() as redis:
        used = (await redis.info("memory"))["used_memory"]
        await redis.config_set("maxmemory", used)


async def _fill_memory_and_kill(system: System) -> None:
    await _fill_memory(system)
    for name in _SERVICES_KILLED:
        system.signal(name, signal.SIGKILL)


async def _free_memory(system: System) -> None:
    async with system.redis() as redis:
        await redis.config_set("maxmemory", "1gb")


async def _drop_connections(system: System) -> None:
    async with system.redis() as redis:
        for _ in range(40):
            await asyncio.sleep(0.1)
            for kind in ("normal", "pubsub"):
                await redis.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


async def _pause(system: System) -> None:
    async with system.redis() as redis:
        await redis.execute_command("CLIENT", "PAUSE", "15000", "ALL")


async def _stop(system: System) -> None:
    system.signal("valkey", signal.SIGSTOP)


async def _go_on(system: System) -> None:
    system.signal("valkey", signal.SIGCONT)


async def _fill_disk(system: System) -> None:
    system.fill_disk(leave_kib=64)


async def _fill_disk_and_kill(system: System) -> None:
    system.fill_disk(leave_kib=300)
    await asyncio.sleep(8)
    system.signal("valkey", signal.SIGKILL)


async def _fill_disk_and_stop(system: System) -> None:
    system.fill_disk(leave_kib=300)
    await asyncio.sleep(8)
    await system.stop()


async def _free_disk(system: System) -> None:
    system.free_disk()


async def _free_disk_and_start(system: System) -> None:
    system.free_disk()
    await system.start()


def redis_faults() -> list[Fault]:
    return [
        Fault("Redis away for a minute", _stop, 60.0, _go_on),
        Fault("Redis answers nothing for 15 s", _pause, 15.0),
        Fault("connections to Redis dropped for 4 s", _drop_connections),
        Fault("memory of Redis full", _fill_memory, 15.0, _free_memory),
        Fault("memory full and services killed", _fill_memory_and_kill, 15.0, _free_memory),
        Fault("disk full", _fill_disk, 15.0, _free_disk, needs_disk=True),
        Fault("disk full, Valkey killed", _fill_disk_and_kill, 5.0, _free_disk, needs_disk=True),
        Fault("disk full, Ctrl-C", _fill_disk_and_stop, 1.0, _free_disk_and_start, needs_disk=True),
    ]
