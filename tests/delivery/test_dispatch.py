"""Events reach the handler of their type: whole, in stream order, and only if there is one."""

import json
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    CancelRequested,
    Delivered,
    Done,
    Event,
    ExperienceRecorded,
    Outcome,
    RollbackRequested,
    State,
    TrainingRequested,
    Write,
    derived_id,
    utc_now,
)
from ratchet.delivery import DATA_FIELD, Consumer, Publisher, RetryPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work


def train(name: str) -> TrainingRequested:
    return TrainingRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


def cancel(name: str) -> CancelRequested:
    return CancelRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


class Calls:
    """Two handlers that note which batches they get."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []

    async def train(self, batch: Sequence[Delivered[Event]], state: State) -> None:
        self._note("train", batch)

    async def cancel(self, batch: Sequence[Delivered[Event]], state: State) -> None:
        self._note("cancel", batch)

    def _note(self, handler: str, batch: Sequence[Delivered[Event]]) -> None:
        self.batches.append((handler, [item.event.__dict__["requested_by"] for item in batch]))


async def all_acknowledged(redis: Redis) -> bool:
    [group] = await redis.xinfo_groups(COMMANDS.key)
    return bool(group["lag"] == 0 and group["pending"] == 0)


async def test_a_batch_is_handled_in_stream_order_in_runs_of_one_handler(
    redis: Redis, valkey_url: str
):
    calls = Calls()
    handlers = {TrainingRequested: calls.train, CancelRequested: calls.cancel}
    await Publisher(redis).publish(
        [train("a"), train("b"), cancel("c"), train("d"), cancel("e"), cancel("f")]
    )
    async with at_work(valkey_url, Consumer(COMMANDS, "test", handlers)):
        await eventually(lambda: all_acknowledged(redis))
    assert calls.batches == [
        ("train", ["a", "b"]),
        ("cancel", ["c"]),
        ("train", ["d"]),
        ("cancel", ["e", "f"]),
    ]


async def test_types_with_the_same_handler_arrive_together(redis: Redis, valkey_url: str):
    calls = Calls()
    handlers = {TrainingRequested: calls.train, CancelRequested: calls.train}
    await Publisher(redis).publish([train("a"), cancel("b"), train("c")])
    async with at_work(valkey_url, Consumer(COMMANDS, "test", handlers)):
        await eventually(lambda: all_acknowledged(redis))
    assert calls.batches == [("train", ["a", "b", "c"])]


async def test_a_type_without_a_handler_is_acknowledged_and_does_not_divide_a_batch(
    redis: Redis, valkey_url: str
):
    calls = Calls()
    rollback = RollbackRequested(event_id="rollback-1", occurred_at=utc_now(), requested_by="x")
    await Publisher(redis).publish([train("a"), rollback, train("b")])
    async with at_work(
        valkey_url, Consumer(COMMANDS, "test", {TrainingRequested: calls.train})
    ) as service:
        await eventually(lambda: all_acknowledged(redis))
    assert calls.batches == [("train", ["a", "b"])]
    assert await redis.xlen(COMMANDS.dead_key) == 0
    labels = {"stream": "commands", "group": "test", "outcome": "done"}
    assert service.registry.get_sample_value("ratchet_events_total", labels) == 3


async def test_a_handler_reads_the_state_that_an_earlier_one_of_the_same_batch_wrote(
    redis: Redis, valkey_url: str
):
    async def append(batch: Sequence[Delivered[Event]], state: State) -> list[Outcome]:
        before = (await state.read(["names"]))["names"] or b""
        names = "".join(item.event.__dict__["requested_by"] for item in batch)
        writes = (Write("names", before + names.encode()),)
        return [*[Done()] * (len(batch) - 1), Done(writes=writes)]

    async def another(batch: Sequence[Delivered[Event]], state: State) -> list[Outcome]:
        return await append(batch, state)

    handlers = {TrainingRequested: append, CancelRequested: another}
    await Publisher(redis).publish([train("a"), cancel("b"), cancel("c"), train("d")])
    async with at_work(valkey_url, Consumer(COMMANDS, "test", handlers)):
        await eventually(lambda: all_acknowledged(redis))
    assert await redis.get("names") == b"abcd"


async def test_a_handler_gets_the_bytes_that_the_producer_wrote(redis: Redis, valkey_url: str):
    payloads: list[bytes] = []

    async def note(batch: Sequence[Delivered[Event]], state: State) -> None:
        payloads.extend(item.payload for item in batch)

    message = json.dumps({"added_later": [1, 2], **train("a").model_dump(mode="json")}, indent=1)
    await redis.xadd(COMMANDS.key, {DATA_FIELD: message})
    async with at_work(valkey_url, Consumer(COMMANDS, "test", {TrainingRequested: note})):
        await eventually(lambda: all_acknowledged(redis))
    assert payloads == [message.encode()]


def test_a_consumer_of_a_type_that_the_stream_does_not_carry_is_refused():
    calls = Calls()
    with pytest.raises(ValueError, match="commands does not carry ExperienceRecorded"):
        Consumer(COMMANDS, "test", {ExperienceRecorded: calls.train})


@pytest.mark.parametrize("count", [0, 2])
async def test_a_handler_with_a_wrong_number_of_outcomes_fails_visibly(
    redis: Redis, valkey_url: str, count: int
):
    async def handle(batch: Sequence[Delivered[Event]], state: State) -> list[Outcome]:
        return [Done()] * count

    async def dead_letters() -> list[tuple[bytes, dict[bytes, bytes]]]:
        return list(await redis.xrange(COMMANDS.dead_key))

    await Publisher(redis).publish([train("a")])
    retry = RetryPolicy(max_attempts=1, base_s=0.05)
    consumer = Consumer(COMMANDS, "test", {TrainingRequested: handle}, retry=retry)
    async with at_work(valkey_url, consumer):
        [(_, letter)] = await eventually(dead_letters)
    assert f"{count} outcomes for 1 events".encode() in letter[b"error"]
