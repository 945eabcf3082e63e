"""Files of the data directory that are missing, empty, cut, changed, unreadable or newer."""

import asyncio
import shutil
import signal
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from fault_injection.kinds.fault import Fault, nothing
from fault_injection.system import System

from ratchet_testing.damage import (
    Damage,
    a_directory,
    cut_in_half,
    empty,
    missing,
    pages_flipped,
)

_REGISTRY = Path("registry/plant-model")


def _later_release(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9999")
        if database.execute("SELECT 1 FROM sqlite_master WHERE name='alembic_version'").fetchone():
            database.execute("UPDATE alembic_version SET version_num = '9999'")


DAMAGES: dict[str, Damage] = {
    "missing": missing,
    "empty": empty,
    "cut in half": cut_in_half,
    "bits flipped": pages_flipped,
    "a directory": a_directory,
    "from a later release": _later_release,
}


async def _damage_database(owner: str, name: str, damage: Damage, system: System) -> None:
    """Damage the file of a killed owner, which the supervisor starts again."""
    path = system.data_dir / name
    shutil.copytree(path.parent, _kept(system), ignore=_all_but(name), dirs_exist_ok=True)
    system.signal(owner, signal.SIGKILL)
    _remove_all(path, ("-wal", "-shm"))
    damage(path)


async def _restore_database(owner: str, name: str, system: System) -> None:
    """Put the copy back, as from a backup, and restart the owner."""
    path = system.data_dir / name
    _remove_all(path, ("", "-wal", "-shm"))
    for copy in _kept(system).iterdir():
        shutil.move(copy, system.data_dir / copy.name)
    system.signal(owner, signal.SIGKILL)


def _remove_all(path: Path, endings: Sequence[str]) -> None:
    if path.is_dir():
        path.rmdir()
    for ending in endings:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _kept(system: System) -> Path:
    return system.log.parent / "kept"


def _all_but(name: str) -> Callable[[str, list[str]], set[str]]:
    return lambda _, names: {other for other in names if not other.startswith(name)}


async def _write(path: Path, content: str, system: System) -> None:
    target = system.data_dir / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)


async def _write_and_restart(path: Path, content: str, owner: str, system: System) -> None:
    await _write(path, content, system)
    system.signal(owner, signal.SIGKILL)


async def _remove(path: Path, system: System) -> None:
    (system.data_dir / path).unlink(missing_ok=True)


async def _replace_archive(system: System) -> None:
    archive = system.data_dir / "archive"
    if archive.is_dir():
        archive.rename(system.log.parent / "archive")
    archive.write_text("not a directory")
    await asyncio.sleep(0)


async def _put_archive_back(system: System) -> None:
    archive, kept = system.data_dir / "archive", system.log.parent / "archive"
    archive.unlink(missing_ok=True)
    if kept.is_dir():
        kept.rename(archive)


def file_faults() -> list[Fault]:
    journal, manifest = _REGISTRY / "activations.json", _REGISTRY / "v1/manifest.json"
    databases = [
        Fault(
            f"{name} {kind}",
            partial(_damage_database, owner, name, damage),
            10.0,
            partial(_restore_database, owner, name),
        )
        for owner, name in (("ledger", "ledger.db"), ("trainer", "trainer.db"))
        for kind, damage in DAMAGES.items()
    ]
    return [
        *databases,
        Fault(
            "activations.json damaged",
            partial(_write_and_restart, journal, "[", "exporter"),
            10.0,
            partial(_remove, journal),
        ),
        Fault(
            "a registry record cut",
            partial(_write_and_restart, manifest, '{"name": "cut', "exporter"),
            10.0,
            partial(_remove, manifest),
        ),
        Fault(
            "api-keys.json damaged",
            partial(_write, Path("api-keys.json"), "[{"),
            5.0,
            partial(_remove, Path("api-keys.json")),
        ),
        Fault("archive replaced by a file", _replace_archive, 10.0, _put_archive_back),
        Fault("state of `ratchet up` damaged", partial(_write, Path("up.json"), "{"), 2.0, nothing),
    ]
