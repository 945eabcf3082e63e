"""With or without tracing, the same input results in the same events, ids and hashes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.snapshot import open_snapshot
from ledger.backends.writer import SqlLedger
from ledger.domain.final_state import FinalState
from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS, Event, PairBuilt, stream_of
from ratchet.delivery import Publisher
from ratchet_testing.collector import Collector
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.simulated_facts import facts_of
from reward.app import create_app as create_reward
from reward.settings import RewardSettings
from simulator import simulate
from trainer.domain.examples.dataset import Dataset

from .test_one_trace import CALLER, events

FACTS = facts_of(simulate(1, 40, 2, start=datetime(2026, 1, 5, tzinfo=UTC)))


async def events_from(redis: Redis, url: str, facts: Sequence[Event], endpoint: str) -> list[Event]:
    """The events that the reward service emits after `facts`; each stream is one batch."""
    await redis.flushall()
    settings = RewardSettings(redis_url=url, otlp_endpoint=endpoint, reward_batch=1000)  # type: ignore[arg-type]
    async with started(create_reward(settings)):
        for stream in (EXPERIENCES, FEEDBACK):
            await Publisher(redis).publish([fact for fact in facts if stream_of(fact) is stream])

            async def finished(key: str = stream.key) -> bool:
                [group] = await redis.xinfo_groups(key)
                return group["entries-read"] == await redis.xlen(key) and not group["pending"]

            await eventually(finished, 20)
    return [*await events(redis, REWARDS), *await events(redis, EXAMPLES)]


def final_state(events: Sequence[Event]) -> str:
    state = FinalState()
    for event in events:
        state.add(event)
    return state.content_hash


def ledger(path: Path, events: Sequence[Event]) -> str:
    engine = open_for_writing(f"sqlite:///{path}")
    migrate(engine)
    SqlLedger(engine).write(delivered(events))
    engine.dispose()
    with open_snapshot(f"sqlite:///{path}") as snapshot:
        return snapshot.content_hash


def dataset(events: Sequence[Event]) -> str:
    pairs = {event.example_id: event for event in events if isinstance(event, PairBuilt)}
    examples = tuple(pairs[example_id] for example_id in sorted(pairs))
    assert examples
    return Dataset(train=examples, held_out=()).sha256


def untraced(event: Event) -> Event:
    return event.model_copy(update={"trace": {}})


@pytest.mark.parametrize(
    "received", [{}, {"traceparent": CALLER}], ids=["new trace", "received trace"]
)
async def test_tracing_changes_only_the_context_of_events(
    redis: Redis, valkey_url: str, collector: Collector, tmp_path: Path, received: dict[str, str]
):
    facts = [fact.model_copy(update={"trace": received}) for fact in FACTS]
    plain = await events_from(redis, valkey_url, FACTS, "")
    traced = await events_from(redis, valkey_url, facts, collector.url)
    assert {bool(event.trace) for event in plain} == {False}
    assert {bool(event.trace) for event in traced} == {True}
    assert [untraced(event) for event in traced] == plain
    assert final_state(traced) == final_state(plain)
    assert dataset(traced) == dataset(plain)
    assert ledger(tmp_path / "1.db", [*facts, *traced]) == ledger(
        tmp_path / "2.db", [*FACTS, *plain]
    )
