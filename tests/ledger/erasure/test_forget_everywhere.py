"""A user is erased in every database and kind of archive, and a replay does not restore them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import MetaData, create_engine, select

from ledger.app import create_app
from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.backends.database import open_for_reading
from ledger.domain.archive.retention import StreamRetention
from ledger.erasure.erasure import ErasureTargets, UnknownSubject, carry_out
from ledger.erasure.journal import new_request
from ledger.erasure.services import SERVICES
from ledger.reading import LedgerReader
from ledger.replay.ledger_replay import replay_ledger, restore_ledger
from ledger.settings import LedgerSettings
from ratchet.contract import (
    BEGINNING,
    COMMANDS,
    EXPERIENCES,
    STREAMS,
    BuiltExample,
    ForgetRequested,
    Forgotten,
    Stream,
    TrainingRequested,
    utc_now,
)
from ratchet.delivery import DATA_FIELD, Publisher
from ratchet.processes import end_all
from ratchet.storage import query_ids_of
from ratchet_testing.bucket_server import Bucket, bucket_server
from ratchet_testing.canary import CANARY, USER, with_canary
from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import made_of, training
from ratchet_testing.running_service import started
from ratchet_testing.simulated_calls import calls_of
from ratchet_testing.simulated_facts import facts_of
from simulator import simulate

START = datetime(2026, 1, 5, tzinfo=UTC)
FACTS, THEIRS = with_canary(facts_of(simulate(7, 20, 3, start=START)))
CALLS = list(calls_of(FACTS))
ABOUT_THEM = [call for call in CALLS if call.call_id.removeprefix("call-") in THEIRS]
MADE = made_of([*FACTS, *CALLS])
USED = [e for e in MADE if isinstance(e, BuiltExample) and not THEIRS.isdisjoint(query_ids_of(e))]
EVENTS = [*FACTS, *CALLS, *MADE, *training("run-1", tuple(e.example_id for e in USED[:3]), "v1")]


def rows_with_canary(url: str) -> list[str]:
    """Every row of every table, as text, that contains the canary."""
    engine = create_engine(url)
    comparison = MetaData()
    comparison.reflect(engine)
    with engine.connect() as connection:
        rows = [
            f"{table.name}: {row}"
            for table in comparison.sorted_tables
            for row in connection.execute(select(table))
        ]
    engine.dispose()
    assert len(comparison.tables) > 8
    return [row for row in rows if CANARY in row]


def objects_with_canary(bucket: Bucket) -> list[str]:
    """Every object that contains the canary, packed or unpacked."""
    comparison = []
    for key, content in list(bucket.objects.items()):
        if not content:
            continue
        unpacked = repr(pq.read_table(BytesIO(content)).to_pylist()).encode()
        if CANARY.encode() in content + unpacked:
            comparison.append(key)
    return comparison


async def entries_with_canary(redis: Redis) -> list[str]:
    keys = [key for s in STREAMS for key in (s.key, s.dead_key)]
    return [key for key in keys if CANARY in repr(await redis.xrange(key))]


async def payloads(redis: Redis, stream: Stream) -> list[bytes]:
    return [row.payload async for row in rows_after(redis, stream, BEGINNING)]


@asynccontextmanager
async def other_services(redis: Redis) -> AsyncIterator[None]:
    """Services that store nothing and answer every request."""

    async def answer() -> None:
        behind = BEGINNING
        while True:
            async for row in rows_after(redis, COMMANDS, behind):
                behind = row.entry_id
                request = COMMANDS.adapter.validate_json(row.payload)
                if isinstance(request, ForgetRequested):
                    others = [name for name in SERVICES if name != "ledger"]
                    answers = [Forgotten.answering(request, name, {}) for name in others]
                    await Publisher(redis).publish(answers)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(answer())
    try:
        yield
    finally:
        assert not task.done()
        await end_all(task)


async def settled(redis: Redis) -> bool:
    for stream in STREAMS:
        for group in await redis.xinfo_groups(stream.key):
            if group["name"] == b"ledger" and (group["pending"] or group["lag"]):
                return False
    return True


@pytest.fixture
async def bucket() -> AsyncIterator[Bucket]:
    with bucket_server() as bucket:
        yield bucket


async def test_no_row_object_or_entry_has_data_of_an_erased_user(
    redis: Redis, valkey_url: str, new_url: Callable[[], str], bucket: Bucket, tmp_path: Path
):
    url = new_url()
    settings = LedgerSettings(
        redis_url=valkey_url,
        data_dir=tmp_path,
        ledger_url=url,
        archive_url=bucket.url,
        archive_period_s=1,
        retention=StreamRetention(max_entries=30, file_rows=20),
    )
    store = ArchiveStore(bucket.url)
    await Publisher(redis).publish(EVENTS)
    await redis.xadd(EXPERIENCES.key, {DATA_FIELD: f"no JSON, {USER}".encode()})

    async def archived() -> bool:
        trimmed = await redis.xlen(EXPERIENCES.key) <= 50
        return trimmed and bool(objects_with_canary(bucket)) and await settled(redis)

    async with started(create_app(settings)), other_services(redis):
        for stream in STREAMS:
            for group in set(stream.groups) - {"ledger"}:
                with suppress(ResponseError):
                    await redis.xgroup_create(stream.key, group, id="$", mkstream=True)
        await eventually(archived, 30)
        assert rows_with_canary(url)
        assert len(await entries_with_canary(redis)) >= 2

        ledger = LedgerReader(open_for_reading(url))
        targets = ErasureTargets(redis, store, ledger, tmp_path, tmp_path / "key.pem")
        told: list[str] = []
        receipt = await carry_out(
            targets,
            new_request("forget-them", "tests", utc_now(), True, USER, None),
            30,
            told.append,
        )
        assert len(ABOUT_THEM) > 3, "named by question, by user, and by their answer alone"
        assert len(receipt["questions"]) == len(THEIRS) + len(ABOUT_THEM)
        assert receipt["erased"]["archive"]
        assert receipt["models_trained_on_it"] == ["v1"]
        assert len(told) == 4, "each long part of it is shown"
        assert rows_with_canary(url) == []
        assert objects_with_canary(bucket) == []
        assert await entries_with_canary(redis) == []
        assert CANARY not in repr(bucket.uploads)
        assert CANARY not in json.dumps(receipt)
        [retraining] = [COMMANDS.adapter.validate_json(c) for c in await payloads(redis, COMMANDS)]
        assert isinstance(retraining, TrainingRequested)
        assert retraining.reason == "without the erased data"

        one, other = sorted({name for fact in FACTS for name in query_ids_of(fact)} - THEIRS)[:2]
        receipt = await carry_out(
            targets,
            new_request("one-of-them", "tests", utc_now(), False, None, one),
            30,
            told.append,
        )
        assert (len(receipt["questions"]), receipt["user"]) == (2, None), "and its call"
        assert ledger.experience(one) is None
        assert ledger.experience(other) is not None
        assert len(await payloads(redis, COMMANDS)) == 1, "no other run was requested"

        nobody = new_request("nobody", "tests", utc_now(), False, "nobody", None)
        with pytest.raises(UnknownSubject):
            await carry_out(targets, nobody, 30, told.append, known=False)
        assert targets.journal.unfinished() == []
        assert not (tmp_path / "receipts" / "nobody.json").exists()

        again = next(fact for fact in FACTS if not THEIRS.isdisjoint(query_ids_of(fact)))
        await Publisher(redis).publish([again])

        async def processed() -> bool:
            return await settled(redis)

        await eventually(processed)
        comparison = await replay_ledger(redis, store, url)
        assert (comparison.differences, comparison.waiting) == ([], 0)
        assert comparison.original == comparison.replayed

    restored = new_url()
    await restore_ledger(redis, store, restored)
    assert rows_with_canary(restored) == []
    marked = LedgerReader(open_for_reading(restored)).models(10)
    assert [model.version for model in marked if model.trained_on_forgotten] == ["v1"]
    assert (await replay_ledger(redis, store, restored)).original == comparison.original
