"""The gateway's files damaged, and its model server away."""

import asyncio
import signal
from functools import partial
from pathlib import Path

from fault_injection.application_calls import ApplicationCalls, ids_in
from fault_injection.kinds.fault import Fault
from fault_injection.kinds.file import DAMAGES
from fault_injection.model_server import ModelServer
from fault_injection.system import System

from ratchet_testing.damage import Damage, pages_flipped

_GATHER_S = 5.0


async def _damage_spool(calls: ApplicationCalls, damage: Damage, system: System) -> None:
    """Records wait for Redis in files that are damaged before the gateway starts again."""
    system.signal("valkey", signal.SIGSTOP)
    await asyncio.sleep(_GATHER_S)
    system.signal("gateway", signal.SIGKILL)
    for file in _spool(system).glob("*.calls"):
        calls.gone |= ids_in(file.read_bytes())
        damage(file)
    system.signal("valkey", signal.SIGCONT)


async def _damage_count(calls: ApplicationCalls, damage: Damage, system: System) -> None:
    calls.counted_before += await calls.counted()
    system.signal("gateway", signal.SIGKILL)
    damage(_spool(system) / "lost")


def _spool(system: System) -> Path:
    [folder] = (system.data_dir / "gateway").iterdir()
    return folder


async def _kill_model_server(server: ModelServer, system: System) -> None:
    server.kill()


async def _start_model_server(server: ModelServer, system: System) -> None:
    await asyncio.to_thread(server.start)


def gateway_faults(calls: ApplicationCalls, server: ModelServer) -> list[Fault]:
    damages = {name: damage for name, damage in DAMAGES.items() if name != "from a later release"}
    spool = [
        Fault(f"spool of the gateway {name}", partial(_damage_spool, calls, damage), 3.0)
        for name, damage in damages.items()
    ]
    return [
        *spool,
        Fault("count of lost calls damaged", partial(_damage_count, calls, pages_flipped), 3.0),
        Fault(
            "model server away for 10 s",
            partial(_kill_model_server, server),
            10.0,
            partial(_start_model_server, server),
        ),
    ]
