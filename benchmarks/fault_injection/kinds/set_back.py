"""A Redis that comes back with older data or none, or whose append-only file is damaged."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fault_injection.kinds.fault import Fault, Step
from fault_injection.system import System

from ratchet_testing.damage import pages_flipped

_LATER_S = 10.0


async def _come_back_older(system: System) -> None:
    """Redis is restored from the backup; what happened since is only in the databases."""
    await _back_up(system)
    await asyncio.sleep(_LATER_S)
    await system.stop()
    _restore_redis(system)


async def _lose_everything(system: System) -> None:
    await system.stop()
    shutil.rmtree(system.data_dir / "valkey")


async def _damage_file(system: System) -> None:
    """Valkey refuses the file. `ratchet doctor` names it, with the remedy."""
    await _back_up(system)
    await asyncio.sleep(_LATER_S)
    await _kill_with_damage(system, pages_flipped)
    await asyncio.sleep(_LATER_S)
    found = await system.command("doctor", "--no-trial", "--json", may_fail=True)
    await system.stop()
    _restore_redis(system)
    if "append-only file is damaged" not in found:
        raise RuntimeError("`ratchet doctor` does not name the damaged file")


async def _flip_bits_of_entries(system: System) -> None:
    """The file loads, and the last entries of feedback are no JSON any more."""
    await _kill_with_damage(system, partial(_changed, b'{"type":"FeedbackReceived"', 5))


async def _cut_end(system: System) -> None:
    """Valkey dies, and the last 300 bytes of its append-only file were not written."""
    await _kill_with_damage(system, _without_end)


async def _put_back(system: System) -> None:
    """As documented: put back the events that the ledger has."""
    if system.process is None:
        await system.start()
    await system.until_well()
    redis_url = system.embedded.redis_url
    await system.command("repair", "streams", "--deadline", "500", "--redis-url", redis_url)


async def _back_up(system: System) -> None:
    backup = _backup(system)
    shutil.rmtree(backup, ignore_errors=True)
    await system.command("backup", str(backup))


async def _kill_with_damage(system: System, damage: Callable[[Path], None]) -> None:
    files = sorted((system.data_dir / "valkey").glob("**/*.incr.aof"))
    system.signal("valkey", signal.SIGKILL)
    damage(files[-1])


def _restore_redis(system: System) -> None:
    shutil.rmtree(system.data_dir / "valkey")
    shutil.copytree(_backup(system) / "data" / "valkey", system.data_dir / "valkey")


def _backup(system: System) -> Path:
    return system.log.parent / "backup"


def _without_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-300])


def _changed(text: bytes, count: int, file: Path) -> None:
    """Flip one bit of the last `count` places where `text` is."""
    content = bytearray(file.read_bytes())
    end = len(content)
    for _ in range(count):
        at = content.rfind(text, 0, end)
        if at < 0:
            break
        content[at] ^= 0x01
        end = at
    file.write_bytes(content)


def set_back_faults() -> list[Fault]:
    faults: dict[str, Step] = {
        "Redis restored from an older backup": _come_back_older,
        "all files of Redis lost": _lose_everything,
        "bits of the append-only file flipped, backup restored": _damage_file,
        "bits of stored entries flipped": _flip_bits_of_entries,
        "end of the append-only file cut by 300 B": _cut_end,
    }
    return [
        Fault(name, inject, 5.0, _put_back, sets_redis_back=True) for name, inject in faults.items()
    ]
