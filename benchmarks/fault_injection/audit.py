"""Compares what the system holds with the items that got 202."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fault_injection.load import Item
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import (
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    REWARDS,
    Delivered,
    Event,
    Example,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    Stream,
)
from ratchet.delivery import DATA_FIELD
from ratchet_cli.demo.event_summary import EventSummary
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics

_PAGE = 2_000


@dataclass(frozen=True)
class Findings:
    """Items answered 202 that are missing, and effects that exist more than once, each named."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()


async def audit_intake(redis: Redis, items: Sequence[Item]) -> Findings:
    """Every answered item is in its stream once, and an unanswered one at most once."""
    # Before the streams are read: an item that is answered meanwhile may be behind the last page.
    answered = [item.event_id for item in items if item.answered]
    counts: Counter[str] = Counter()
    for stream in (EXPERIENCES, FEEDBACK):
        counts.update([json.loads(data)["event_id"] for data in await _data(redis, stream)])
    lost = tuple(event_id for event_id in answered if not counts[event_id])
    return Findings(lost, tuple(item.event_id for item in items if counts[item.event_id] > 1))


async def audit_effects(redis: Redis, data_dir: Path, items: Sequence[Item]) -> Findings:
    """The ledger, the rewards and the examples are those of an undisturbed system."""
    lost, doubled = [], []
    with sqlite3.connect(f"file:{data_dir / 'ledger.db'}?mode=ro", uri=True) as ledger:
        recorded = Counter(row[0] for row in ledger.execute("SELECT event_id FROM events"))
    answered = [item for item in items if item.answered]
    lost += [f"ledger: {item.event_id}" for item in answered if not recorded[item.event_id]]
    revisions: Counter[tuple[str, int]] = Counter()
    story = EventSummary()
    for stream in (REWARDS, EXAMPLES):
        for data in await _data(redis, stream):
            event: Event = stream.adapter.validate_json(data)
            if isinstance(event, ExperienceScored):
                revisions[event.query_id, event.revision] += 1
            if isinstance(event, Example):
                revisions[event.example_id, event.revision] += 1
            story.add(event)
    doubled += [f"revision {number} of {key}" for (key, number), n in revisions.items() if n > 1]
    expected = await _expected_examples(answered)
    live = {example.example_id for example in story.live}
    lost += [f"example {example_id}" for example_id in expected - live]
    doubled += [f"example {example_id}" for example_id in live - expected]
    return Findings(tuple(lost), tuple(doubled))


async def _data(redis: Redis, stream: Stream) -> list[bytes]:
    found: list[bytes] = []
    start = "-"
    while page := await redis.xrange(stream.key, start, count=_PAGE):
        found += [fields[DATA_FIELD.encode()] for _, fields in page]
        start = b"(" + page[-1][0]
    return found


async def _expected_examples(items: Sequence[Item]) -> set[str]:
    """The live examples of the same items, handled by one undisturbed process."""
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    state, story = MemoryState(), EventSummary()
    for item in items:
        envelope = {"event_id": item.event_id, "occurred_at": item.call.at}
        body = item.call.body
        fact: ExperienceRecorded | FeedbackReceived
        if item.call.path == "/v1/experiences":
            experience = Experience.model_validate(body)
            fact = ExperienceRecorded.model_validate({**envelope, "experience": experience})
        else:
            feedback = Feedback.model_validate(body)
            fact = FeedbackReceived.model_validate({**envelope, "feedback": feedback})
        for event in state.apply(await handlers.handle([Delivered.of(fact)], state)):
            story.add(event)
    return {example.example_id for example in story.live}
