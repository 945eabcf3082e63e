"""Compares what the system holds with the items that got 202."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence, Set
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from ratchet.delivery import DATA_FIELD, unwrap
from ratchet_cli.demo.event_summary import EventSummary
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics

_PAGE = 500


@dataclass(frozen=True)
class Findings:
    """Items answered 202 that are missing, and effects that exist more than once, each named."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()


async def audit_intake(
    redis: Redis, items: Sequence[Item], handled_again: Set[str] = frozenset()
) -> Findings:
    """Every answered item is in its stream once, and an unanswered one at most once.

    Those that `ratchet repair clock` had `handled_again` are there a second time.
    """
    # Before the streams are read: an item that is answered meanwhile may be behind the last page.
    answered = [item.event_id for item in items if item.answered]
    counts: Counter[str] = Counter()
    for stream in (EXPERIENCES, FEEDBACK):
        counts.update([str(event.get("event_id")) async for event in _events(redis, stream)])
    lost = tuple(event_id for event_id in answered if not counts[event_id])
    doubled = (i.event_id for i in items if counts[i.event_id] > 1 + (i.event_id in handled_again))
    return Findings(lost, tuple(doubled))


async def audit_effects(
    redis: Redis, data_dir: Path, items: Sequence[Item], repaired: bool = False
) -> Findings:
    """The ledger, the rewards and the examples are those of an undisturbed system.

    Once it was `repaired` an event may be on its stream again, with its id, and reward may have
    numbered anew until the repair: then only the last revision of each subject must be single.
    """
    lost, doubled = [], []
    place = f"file:{data_dir / 'ledger.db'}?mode=ro"
    with closing(sqlite3.connect(place, uri=True, timeout=60)) as ledger:
        recorded = Counter(row[0] for row in ledger.execute("SELECT event_id FROM events"))
    answered = [item for item in items if item.answered]
    lost += [f"ledger: {item.event_id}" for item in answered if not recorded[item.event_id]]
    revisions: defaultdict[str, defaultdict[int, list[str]]]
    revisions = defaultdict(lambda: defaultdict(list))
    story = EventSummary()
    for stream in (REWARDS, EXAMPLES):
        async for fields in _events(redis, stream):
            event: Event = stream.adapter.validate_python(fields)
            if isinstance(event, ExperienceScored):
                revisions[event.query_id][event.revision].append(event.event_id)
            if isinstance(event, Example):
                revisions[event.example_id][event.revision].append(event.event_id)
            story.add(event)
    for key, numbered in revisions.items():
        checked = {max(numbered)} if repaired else numbered.keys()
        for number in checked:
            ids = set(numbered[number]) if repaired else numbered[number]
            doubled += [f"revision {number} of {key}"] * (len(ids) - 1)
    expected = await _expected_examples(answered)
    live = {example.example_id for example in story.live}
    lost += [f"example {example_id}" for example_id in expected - live]
    doubled += [f"example {example_id}" for example_id in live - expected]
    return Findings(tuple(lost), tuple(doubled))


async def _events(redis: Redis, stream: Stream) -> AsyncIterator[dict[str, Any]]:
    """The fields of each event; entries that are none are left out, as faults add such."""
    start: bytes | str = "-"
    while page := await redis.xrange(stream.key, start, count=_PAGE):
        for _, fields in page:
            with suppress(ValueError):
                event = json.loads(unwrap(fields.get(DATA_FIELD.encode(), b"")))
                if isinstance(event, dict):
                    yield event
        start = b"(" + page[-1][0]


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
