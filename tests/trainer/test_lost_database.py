"""A lost trainer.db is named with the remedy; the trainer begins anew only by a command."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import EXAMPLES, Unavailable
from ratchet.delivery import Publisher
from ratchet_testing.damage import (
    Damage,
    a_directory,
    cut_in_half,
    empty,
    header_overwritten,
    missing,
)
from ratchet_testing.ledger_world import DAY
from trainer.app import create_app
from trainer.backends.sql.database import create_database
from trainer.settings import TrainerSettings

EXAMPLE_EVENTS = [event for event in DAY if isinstance(event, EXAMPLES.events)]


def settings_of(data_dir: Path, redis_url: str) -> TrainerSettings:
    return TrainerSettings.model_validate({"data_dir": data_dir, "redis_url": redis_url})


def of_a_later_release(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.fixture
async def file(redis: Redis, tmp_path: Path) -> Path:
    """The database of a trainer that has read every example of the stream."""
    await Publisher(redis).publish(EXAMPLE_EVENTS)
    await redis.xgroup_create(EXAMPLES.key, "trainer", "$")
    path = tmp_path / "trainer.db"
    engine = create_database(path)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (missing, "is lost"),
        (empty, "is lost"),
        (a_directory, "is lost"),
        (cut_in_half, "is damaged"),
        (header_overwritten, "is damaged"),
        (of_a_later_release, "Run that release"),
    ],
)
async def test_a_trainer_without_its_database_does_not_start_as_a_new_one(
    file: Path, valkey_url: str, damage: Damage, problem: str
):
    damage(file)
    with pytest.raises(Unavailable, match=problem) as refused:
        create_app(settings_of(file.parent, valkey_url))
    assert "backup" in str(refused.value)
    assert str(file) in str(refused.value)


async def test_a_new_trainer_creates_its_database(redis: Redis, valkey_url: str, tmp_path: Path):
    create_app(settings_of(tmp_path, valkey_url))
    assert (tmp_path / "trainer.db").stat().st_size > 0


async def test_a_trainer_that_begins_anew_reads_again_what_is_on_the_streams(
    redis: Redis, file: Path, valkey_url: str
):
    await redis.set("ratchet:seen:trainer:one", 1)
    await redis.set("ratchet:seen:reward:one", 1)
    refused = begin_anew(file.parent, valkey_url)
    assert refused.returncode == 1
    assert "Move it away" in refused.stderr

    missing(file)
    assert begin_anew(file.parent, valkey_url).returncode == 0
    [group] = await redis.xinfo_groups(EXAMPLES.key)
    assert group["lag"] == len(EXAMPLE_EVENTS)
    assert await redis.keys("ratchet:seen:*") == [b"ratchet:seen:reward:one"]
    create_app(settings_of(file.parent, valkey_url))


def begin_anew(data_dir: Path, redis_url: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "RATCHET_DATA_DIR": str(data_dir),
        "RATCHET_REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "trainer", "begin-anew"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
