"""Delivery on a real server: every entry has exactly one effect, or becomes a dead letter."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from errno import ENOSPC
from typing import Any

import pytest
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from ratchet.contract import (
    CHECKPOINTS,
    COMMANDS,
    Delivered,
    Done,
    Invalid,
    Later,
    Outcome,
    State,
    TrainingRequested,
    Write,
    derived_id,
    utc_now,
)
from ratchet.delivery import DATA_FIELD, Consumer, Publisher, RetryPolicy, Transaction, entry_of
from ratchet.service import Service
from ratchet_testing.counting import checkpoint_of, count_and_emit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

pytestmark = pytest.mark.every_redis

QUICK = RetryPolicy(max_attempts=3, base_s=0.1, cap_s=0.4)


def request(name: str) -> TrainingRequested:
    return TrainingRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


@asynccontextmanager
async def consuming(
    url: str,
    handle: Any,
    name: str = "1",
    retry: RetryPolicy = QUICK,
    batch: int = 100,
    rest_s: float = 0.0,
) -> AsyncIterator[Service]:
    consumer = Consumer(COMMANDS, "test", {TrainingRequested: handle}, batch, retry, rest_s=rest_s)
    async with at_work(url, consumer, name=name) as service:
        yield service


async def pending(redis: Redis) -> int:
    return int((await redis.xpending(COMMANDS.key, "test"))["pending"])


async def published(redis: Redis) -> list[str]:
    return [
        json.loads(fields[DATA_FIELD.encode()])["run_id"]
        for _, fields in await redis.xrange(CHECKPOINTS.key)
    ]


async def dead(redis: Redis) -> list[dict[bytes, bytes]]:
    return [fields for _, fields in await redis.xrange(COMMANDS.dead_key)]


async def test_entries_written_before_the_first_start_are_handled(redis: Redis, valkey_url: str):
    await Publisher(redis).publish([request("early")])
    async with consuming(valkey_url, count_and_emit):
        assert await eventually(lambda: published(redis)) == ["early"]
    assert await pending(redis) == 0


async def test_the_same_event_twice_has_one_effect(redis: Redis, valkey_url: str):
    await Publisher(redis).publish([request("a"), request("b"), request("a")])
    async with consuming(valkey_url, count_and_emit):
        await eventually(lambda: published(redis))
        await Publisher(redis).publish([request("b"), request("c")])
        await eventually(lambda: redis.exists("count:c"))
    assert sorted(await published(redis)) == ["a", "b", "c"]
    assert await redis.mget("count:a", "count:b", "count:c") == [b"1", b"1", b"1"]


async def test_a_reader_that_pauses_reads_larger_batches(redis: Redis, valkey_url: str):
    sizes: list[int] = []

    async def counted(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        sizes.append(len(batch))
        return await count_and_emit(batch, state)

    async with consuming(valkey_url, counted, rest_s=0.5):
        await Publisher(redis).publish([request("a")])
        await eventually(lambda: published(redis))
        for name in "bcdefg":
            await Publisher(redis).publish([request(name)])

        async def everything() -> bool:
            return len(await published(redis)) == 7

        await eventually(everything)
    assert sizes[0] == 1
    assert len(sizes) < 4


async def test_a_plain_xadd_from_any_producer_is_handled(redis: Redis, valkey_url: str):
    message = request("shell").model_dump_json()
    await redis.execute_command("XADD", COMMANDS.key, "*", DATA_FIELD, message)
    async with consuming(valkey_url, count_and_emit):
        assert await eventually(lambda: published(redis)) == ["shell"]


async def test_a_message_of_a_faststream_publisher_is_handled(redis: Redis, valkey_url: str):
    async with consuming(valkey_url, count_and_emit):
        async with RedisBroker(valkey_url) as broker:
            await broker.publish(request("framework"), stream=COMMANDS.key)
        assert await eventually(lambda: published(redis)) == ["framework"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({DATA_FIELD: b"not json"}, "message: Invalid JSON"),
        ({DATA_FIELD: b"\xff\xfe"}, "message: Invalid JSON"),
        ({b"\xff": b"\xff"}, f"no field {DATA_FIELD}"),
        (
            {
                DATA_FIELD: b'{"type":"TrainingRequested","event_id":"aaaaaaaa",'
                b'"occurred_at":"2026-01-01T00:00:00Z"}'
            },
            "requested_by: Field required",
        ),
    ],
)
async def test_a_poison_entry_becomes_a_dead_letter_and_its_neighbors_are_handled(
    redis: Redis, valkey_url: str, fields: dict[Any, Any], reason: str
):
    await Publisher(redis).publish([request("before")])
    poison = await redis.xadd(COMMANDS.key, fields)
    await Publisher(redis).publish([request("after")])
    async with consuming(valkey_url, count_and_emit):
        letters = await eventually(lambda: dead(redis))
        await eventually(lambda: redis.exists("count:after"))
    assert sorted(await published(redis)) == ["after", "before"]
    assert len(letters) == 1
    assert reason in letters[0][b"error"].decode()
    assert letters[0][b"entry_id"] == poison
    assert letters[0][b"attempts"] == b"1"
    assert (letters[0][b"payload"] == fields.get(DATA_FIELD, letters[0][b"payload"])) is True
    assert await pending(redis) == 0


async def test_an_event_whose_handler_raises_is_isolated_retried_and_buried(
    redis: Redis, valkey_url: str
):
    tries: list[str] = []

    async def refuse_bad(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        for event, *_ in batch:
            if event.requested_by == "bad":
                tries.append("bad")
                raise ValueError("no such thing")
        return await count_and_emit(batch, state)

    await Publisher(redis).publish([request("good1"), request("bad"), request("good2")])
    async with consuming(valkey_url, refuse_bad):
        letters = await eventually(lambda: dead(redis))
    assert sorted(await published(redis)) == ["good1", "good2"]
    assert letters[0][b"error"] == b"ValueError: no such thing"
    assert letters[0][b"attempts"] == b"3"
    assert await pending(redis) == 0


async def test_later_is_retried_until_it_can_be_done(redis: Redis, valkey_url: str):
    tries = 0

    async def third_time(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        nonlocal tries
        tries += 1
        if tries < 3:
            return [Later("not yet") for _ in batch]
        return await count_and_emit(batch, state)

    await Publisher(redis).publish([request("patient")])
    async with consuming(valkey_url, third_time):
        assert await eventually(lambda: published(redis)) == ["patient"]
    assert tries == 3
    assert await dead(redis) == []


@pytest.mark.parametrize(
    "full",
    [
        OutOfMemoryError("command not allowed when used memory > 'maxmemory'"),
        OSError(ENOSPC, "no space left for trainer.db"),
    ],
    ids=["server", "disk"],
)
async def test_a_full_server_or_disk_costs_no_attempt_however_long_it_is_full(
    redis: Redis, valkey_url: str, full: Exception
):
    tries = 0

    async def full_at_first(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        nonlocal tries
        tries += 1
        if tries <= QUICK.max_attempts + 3:
            raise full
        return await count_and_emit(batch, state)

    await Publisher(redis).publish([request("patient")])
    async with consuming(valkey_url, full_at_first):
        assert await eventually(lambda: published(redis)) == ["patient"]
    assert await dead(redis) == []
    assert await pending(redis) == 0


async def test_a_batch_that_a_full_server_rejects_has_no_effect_and_is_repeated(
    redis: Redis, valkey_url: str
):
    """The server fills up between the read and the commit, as far as to refuse any write."""
    handled = asyncio.Event()

    async def fill(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> Sequence[Outcome]:
        outcomes = await count_and_emit(batch, state)
        if not handled.is_set():
            await redis.config_set("maxmemory", "1")
            handled.set()
        return outcomes

    await Publisher(redis).publish([request("a"), request("b")])
    try:
        async with consuming(valkey_url, fill) as service:
            await handled.wait()

            async def refused() -> bool:
                return not service.workers[0].in_flight

            await eventually(refused)
            assert await published(redis) == []
            assert await redis.keys("count:*") == []
            assert await pending(redis) == 2
            await redis.config_set("maxmemory", "0")

            async def both_are_published() -> bool:
                return sorted(await published(redis)) == ["a", "b"]

            await eventually(both_are_published)
    finally:
        await redis.config_set("maxmemory", "0")
    assert await redis.mget("count:a", "count:b") == [b"1", b"1"]
    assert await pending(redis) == 0


async def test_an_entry_is_not_acknowledged_if_an_effect_failed(redis: Redis):
    """A key of another type makes one write fail: what comes after it must not happen."""
    await Publisher(redis).publish([request("a")])
    await redis.xgroup_create(COMMANDS.key, "test", id="0")
    [[_, [(entry_id, _)]]] = await redis.xreadgroup("test", "1", {COMMANDS.key: ">"})
    await redis.set(CHECKPOINTS.key, "not a stream")
    async with redis.pipeline(transaction=True) as pipe:
        transaction = Transaction(pipe, COMMANDS, "test")
        transaction.apply(Done(emits=(checkpoint_of(request("a")),)))
        transaction.acknowledge(entry_id.decode())
        with pytest.raises(ResponseError):
            await transaction.commit()
    assert await pending(redis) == 1


async def test_an_invalid_event_is_buried_at_once(redis: Redis, valkey_url: str):
    async def never(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        return [Invalid("we do not do that here") for _ in batch]

    await Publisher(redis).publish([request("x")])
    async with consuming(valkey_url, never):
        letters = await eventually(lambda: dead(redis))
    assert letters[0][b"error"] == b"we do not do that here"
    assert letters[0][b"attempts"] == b"1"


async def test_entries_of_a_dead_consumer_are_claimed_and_those_that_kill_are_buried(
    redis: Redis, valkey_url: str
):
    await Publisher(redis).publish([request("orphan"), request("killer")])
    await redis.xgroup_create(COMMANDS.key, "test", id="0")
    read = await redis.xreadgroup("test", "dead", {COMMANDS.key: ">"})
    killer = read[0][1][1][0]
    await redis.xclaim(COMMANDS.key, "test", "dead", 0, [killer], retrycount=3)
    async with consuming(valkey_url, count_and_emit):
        letters = await eventually(lambda: dead(redis))
        await eventually(lambda: redis.exists("count:orphan"))
    assert await published(redis) == ["orphan"]
    assert letters[0][b"error"].startswith(b"every consumer that received this entry stopped")
    assert letters[0][b"attempts"] == b"4"


async def test_work_in_flight_is_not_claimed_however_long_it_takes(redis: Redis, valkey_url: str):
    started = asyncio.Event()
    release = asyncio.Event()
    handled: list[str] = []

    async def slow(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        handled.extend(event.requested_by for event, *_ in batch)
        started.set()
        await release.wait()
        return await count_and_emit(batch, state)

    await Publisher(redis).publish([request("slow")])
    async with consuming(valkey_url, slow, "1"):
        await started.wait()
        async with consuming(valkey_url, count_and_emit, "2") as other:
            looks = other.claimers[0].last_loop + 10 * QUICK.base_s

            async def other_looked_ten_waits_long() -> bool:
                return other.claimers[0].last_loop > looks

            await eventually(other_looked_ten_waits_long)
            assert await published(redis) == []
            release.set()
            await eventually(lambda: published(redis))
    assert handled == ["slow"]
    assert await published(redis) == ["slow"]


async def test_concurrent_changes_of_one_state_are_both_counted(redis: Redis, valkey_url: str):
    async def count_all(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        known = await state.read(["count"])
        value = int(known["count"] or b"0")
        await asyncio.sleep(0)
        return [
            Done(writes=(Write("count", str(value + number).encode()),))
            for number, _ in enumerate(batch, start=1)
        ]

    await Publisher(redis).publish([request(str(number)) for number in range(60)])
    async with (
        consuming(valkey_url, count_all, "1", batch=3),
        consuming(valkey_url, count_all, "2", batch=3),
    ):

        async def all_settled() -> bool:
            group = (await redis.xinfo_groups(COMMANDS.key))[0]
            return group["entries-read"] == 60 and group["pending"] == 0

        await eventually(all_settled)
    assert await redis.get("count") == b"60"


async def test_concurrent_publications_of_one_id_publish_it_once(redis: Redis):
    publisher = Publisher(redis)
    event = request("only")
    answers = await asyncio.gather(*(publisher.publish_once(event) for _ in range(5)))
    assert sorted(answers) == [False] * 4 + [True]
    assert await redis.xlen(COMMANDS.key) == 1


def test_an_entry_on_the_wire_is_the_events_json():
    event = request("wire")
    key, fields = entry_of(event)
    assert key == "ratchet:commands"
    assert json.loads(fields[DATA_FIELD])["requested_by"] == "wire"
