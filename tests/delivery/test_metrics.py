"""Metrics of delivery on a real server: outcomes, attempts after the first, conflicts."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    Delivered,
    Done,
    Invalid,
    Later,
    Outcome,
    State,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Consumer, Publisher, RetryPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

QUICK = RetryPolicy(max_attempts=3, base_s=0.1, cap_s=0.2)


def request(name: str) -> TrainingRequested:
    return TrainingRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


async def test_every_outcome_and_every_further_attempt_is_counted(redis: Redis, valkey_url: str):
    async def settled(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        await state.read(["watched"])
        if not await redis.exists("watched"):
            await redis.set("watched", "changed by another")
        answers = {"fine": Done(), "never": Invalid("not this"), "later": Later("not yet")}
        return [answers[event.requested_by] for event, *_ in batch]

    await Publisher(redis).publish([request(n) for n in ("fine", "never", "later", "fine")])
    registry = CollectorRegistry()
    labels = {"stream": "commands", "group": "test"}
    sample = registry.get_sample_value

    def by_outcome() -> dict[str, float | None]:
        outcomes = ("done", "duplicate", "later", "dead")
        return {o: sample("ratchet_events_total", {**labels, "outcome": o}) for o in outcomes}

    async def both_are_dead() -> bool:
        return by_outcome()["dead"] == 2

    consumer = Consumer(COMMANDS, "test", {TrainingRequested: settled}, retry=QUICK)
    async with at_work(valkey_url, consumer, registry=registry):
        await eventually(both_are_dead)
    assert by_outcome() == {"done": 1, "duplicate": 1, "later": 2, "dead": 2}
    assert sample("ratchet_entries_claimed_total", labels) == 2
    assert sample("ratchet_transaction_conflicts_total", labels) == 1
    assert sample("ratchet_batch_seconds_count", labels) == 3
    assert await redis.xlen(COMMANDS.dead_key) == 2
