"""A ledger whose database file is lost or damaged is rebuilt; no event becomes a dead letter."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ledger.app import create_app
from ledger.backends.damage_mark import DamageMark
from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.writer import SqlLedger
from ledger.reading import AsyncLedger, LedgerReader
from ledger.settings import LedgerSettings
from ratchet.contract import STREAMS, Unavailable
from ratchet.delivery import Publisher
from ratchet_testing.damage import (
    Damage,
    a_directory,
    cut_in_half,
    empty,
    header_overwritten,
    missing,
    pages_flipped,
)
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import DAY, Opened
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port

COUNT = len({event.event_id for event in DAY})


def replaced_by_a_damaged_copy(file: Path) -> None:
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    header_overwritten(file)


def settings_of(data_dir: Path, redis_url: str) -> LedgerSettings:
    return LedgerSettings.model_validate({"data_dir": data_dir, "redis_url": redis_url})


def stored(file: Path) -> int:
    """The number of events, -1 where the file cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM events").fetchone()[0])
    except sqlite3.DatabaseError:
        return -1


@pytest.fixture(scope="module")
def whole_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("whole") / "ledger.db"
    with Opened(f"sqlite:///{file}") as ledger:
        ledger.write(delivered(DAY))
    return file.read_bytes()


@pytest.fixture
async def file(redis: Redis, tmp_path: Path, whole_database: bytes) -> Path:
    """The database of a ledger that has read and written every event of the streams."""
    await Publisher(redis).publish(DAY)
    for stream in STREAMS:
        await redis.xgroup_create(stream.key, "ledger", "$", mkstream=True)
    path = tmp_path / "ledger.db"
    path.write_bytes(whole_database)
    assert stored(path) == COUNT
    return path


@pytest.mark.parametrize(
    "damage",
    [missing, empty, cut_in_half, header_overwritten, a_directory],
    ids=lambda f: f.__name__,
)
async def test_a_lost_or_damaged_file_is_rebuilt_at_the_next_start(
    file: Path, valkey_url: str, tmp_path: Path, damage: Damage
):
    settings = settings_of(tmp_path, valkey_url)
    damage(file)

    async with started(create_app(settings)):

        async def rebuilt() -> bool:
            return stored(file) == COUNT and not (tmp_path / "ledger.rebuild").exists()

        await eventually(rebuilt, 30)
    assert set_aside(tmp_path) == (0 if damage in (missing, empty) else 1)


async def test_damage_in_a_running_ledger_ends_it_and_the_next_start_rebuilds(
    redis: Redis, file: Path, valkey_url: str, tmp_path: Path
):
    settings = settings_of(tmp_path, valkey_url)
    pages_flipped(file)
    await Publisher(redis).publish([DAY[0].model_copy(update={"event_id": "one-more"})])

    ended = await asyncio.to_thread(run_until_it_ends, tmp_path, valkey_url)

    assert ended.returncode != 0
    assert "the next start rebuilds it" in ended.stdout
    async with started(create_app(settings)):

        async def rebuilt() -> bool:
            return stored(file) == COUNT + 1

        await eventually(rebuilt, 30)
    assert [await redis.xlen(stream.dead_key) for stream in STREAMS] == [0] * len(STREAMS)


def test_changed_bytes_inside_a_value_are_damage_and_no_fault_of_the_event(
    tmp_path: Path, whole_database: bytes
):
    file = tmp_path / "ledger.db"
    file.write_bytes(whole_database.replace(b'{"', b"{x"))
    engine = open_for_writing(f"sqlite:///{file}")
    again = [event.model_copy(update={"event_id": f"{event.event_id}-again"}) for event in DAY]
    with pytest.raises(Unavailable, match="damaged"):
        SqlLedger(engine).write(delivered(again))
    assert DamageMark(f"sqlite:///{file}").is_set
    engine.dispose()


async def test_a_rebuild_that_is_killed_is_completed_by_the_next_start(
    redis: Redis, file: Path, valkey_url: str, tmp_path: Path
):
    settings = settings_of(tmp_path, valkey_url)
    missing(file)
    process = start(tmp_path, valkey_url)

    async def begun() -> bool:
        return (tmp_path / "ledger.rebuild").exists()

    try:
        await eventually(begun, 30)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    async with started(create_app(settings)):

        async def rebuilt() -> bool:
            return stored(file) == COUNT and not (tmp_path / "ledger.rebuild").exists()

        await eventually(rebuilt, 30)


async def test_a_reader_answers_unavailable_while_damaged_and_reads_the_new_file(
    redis: Redis, file: Path, valkey_url: str, tmp_path: Path
):
    settings = settings_of(tmp_path, valkey_url)
    ledger = AsyncLedger(LedgerReader(open_for_reading(settings.ledger_database)), 1)
    assert sum((await ledger.read(LedgerReader.counts)).events.values()) == COUNT
    replaced_by_a_damaged_copy(file)

    await ledger.warm()
    with pytest.raises(Unavailable, match="damaged"):
        await ledger.read(LedgerReader.counts)

    async with started(create_app(settings)):

        async def readable() -> bool:
            try:
                return sum((await ledger.read(LedgerReader.counts)).events.values()) == COUNT
            except Unavailable:
                return False

        await eventually(readable, 30)


def set_aside(data_dir: Path) -> int:
    """The number of damaged databases that were kept."""
    return sum("-" not in file.suffix[len(".damaged-") :] for file in data_dir.glob("*.damaged-*"))


def start(data_dir: Path, redis_url: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "RATCHET_DATA_DIR": str(data_dir),
        "RATCHET_REDIS_URL": redis_url,
        "RATCHET_PORT": str(free_port()),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "ledger"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_until_it_ends(data_dir: Path, redis_url: str) -> "subprocess.CompletedProcess[str]":
    process = start(data_dir, redis_url)
    try:
        output, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output)
