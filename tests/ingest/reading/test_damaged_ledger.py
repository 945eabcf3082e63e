"""An intake that starts with a lost or damaged ledger accepts feedback, and answers reads 503."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from redis.asyncio import Redis

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
from ratchet_testing.ledger_world import DAY, Opened
from ratchet_testing.running_intake import api


def of_a_later_release(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def values_flipped(file: Path) -> None:
    """Bytes inside texts, which SQLite reads as they are."""
    file.write_bytes(file.read_bytes().replace(b"pump", b"p\xffmp").replace(b'["', b"[x"))


@pytest.fixture(scope="module")
def whole_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("whole") / "ledger.db"
    with Opened(f"sqlite:///{file}") as ledger:
        ledger.write(delivered(DAY))
    return file.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        missing,
        empty,
        cut_in_half,
        header_overwritten,
        pages_flipped,
        values_flipped,
        a_directory,
        of_a_later_release,
    ],
    ids=lambda damage: damage.__name__,
)
async def test_feedback_is_accepted_and_reads_are_answered_503_with_the_reason(
    redis: Redis, valkey_url: str, tmp_path: Path, whole_database: bytes, damage: Damage
):
    file = tmp_path / "ledger.db"
    file.write_bytes(whole_database)
    damage(file)
    async with api(valkey_url, data_dir=tmp_path) as client:
        assert (await client.get("/readyz")).status_code == 200
        accepted = await client.post("/v1/feedback", json={"query_id": "q-1", "rating": "up"})
        assert accepted.status_code == 202
        read = await client.get("/v1/experiences")
        assert read.status_code == 503
        assert "ledger" in read.json()["detail"]
        assert (await client.get("/livez")).status_code == 200
