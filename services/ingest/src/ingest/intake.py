"""Turns the items of a request into events and publishes them."""

import logging
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ingest.domain.corrections import Correction, feedback_of
from ingest.domain.items import (
    ItemProblem,
    SortedItems,
    in_zone,
    lacks_plan,
    read_experience,
    read_feedback,
    sort_items,
    without_erased,
)
from ingest.domain.pairs import Pair, pair_built
from ingest.domain.traces import Trace, trace_captured
from ingest.metrics import IngestMetrics
from ratchet.contract import (
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    utc_now,
)
from ratchet.delivery import IdempotencyRecord, Publisher, new_id

M = TypeVar("M", bound=BaseModel)
ErasedAmong = Callable[[Set[str]], Awaitable[Set[str]]]
"""Returns the given query ids that were erased."""
_log = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


@dataclass(frozen=True)
class EventBatch:
    """The events of one request, and the problems of the items that were refused.

    `received` counts all items. `named` holds the event ids that the client chose, and
    `without_plan` the ids of experiences that have no widget plan.
    """

    kind: str
    received: int
    events: tuple[Event, ...]
    named: frozenset[str]
    problems: tuple[ItemProblem, ...]
    without_plan: frozenset[str] = frozenset()


class Intake:
    """Reads items into batches, and publishes batches."""

    def __init__(
        self,
        publisher: Publisher,
        metrics: IngestMetrics,
        naive_zone: str,
        erased_among: ErasedAmong,
    ) -> None:
        self._publisher = publisher
        self._erased_among = erased_among
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)

    async def experiences(self, items: Sequence[Any]) -> EventBatch:
        now = utc_now()

        def event(experience: Experience, event_id: str, occurred_at: datetime) -> Event:
            return ExperienceRecorded(
                event_id=event_id, occurred_at=occurred_at, experience=experience
            )

        rows = sort_items(items, lambda item: read_experience(item, now, self._zone))
        rows = await self._without_erased(rows)
        batch = _batch("experience", len(items), rows, event, now)
        lacking: dict[str, bool] = {}
        for made, item in zip(batch.events, rows.valid, strict=True):
            lacking.setdefault(made.event_id, lacks_plan(items[item.index]))
        unplanned = frozenset(event_id for event_id, lacks in lacking.items() if lacks)
        return replace(batch, without_plan=unplanned)

    async def feedback(self, items: Sequence[Any]) -> EventBatch:
        def event(feedback: Feedback, event_id: str, occurred_at: datetime) -> Event:
            return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)

        rows = await self._without_erased(sort_items(items, read_feedback))
        return _batch("feedback", len(items), rows, event, utc_now())

    async def corrections(self, items: Sequence[Any]) -> EventBatch:
        def event(correction: Correction, event_id: str, occurred_at: datetime) -> Event:
            feedback = feedback_of(correction)
            return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)

        rows = await self._without_erased(sort_items(items, Correction.model_validate))
        return _batch("correction", len(items), rows, event, utc_now())

    async def traces(self, items: Sequence[Any]) -> EventBatch:
        rows = sort_items(items, lambda item: Trace.model_validate(in_zone(item, self._zone)))
        rows = await self._without_erased(rows)
        return _batch("trace", len(items), rows, trace_captured, utc_now())

    async def pairs(self, items: Sequence[Any]) -> EventBatch:
        rows = sort_items(items, lambda item: Pair.model_validate(in_zone(item, self._zone)))
        return _batch("pair", len(items), rows, pair_built, utc_now())

    async def publish(self, batch: EventBatch, record: IdempotencyRecord | None = None) -> int:
        """Publish the events of `batch`; returns how many of them were published before.

        Durable on return. Raises `AlreadyPublished` if `record` has a stored answer, and redis-py's
        errors as they are. A batch without events stores no record, so the request can be
        corrected under the same key.
        """
        new: Sequence[Event] = ()
        if batch.events:
            new = await self._publisher.publish(batch.events, batch.named, record)
        accepted, repeated = len(batch.events), len(batch.events) - len(new)
        self._metrics.count(batch.kind, len(new), repeated, batch.received - accepted)
        for event in new:
            if isinstance(event, ExperienceRecorded) and event.event_id in batch.without_plan:
                self._metrics.without_plan.inc()
                _log.warning(
                    "no widget plan; counts for voice only",
                    extra={"query_id": event.experience.query_id},
                )
        return repeated

    async def _without_erased(self, rows: SortedItems[M]) -> SortedItems[M]:
        """Refuses the items of erased questions: their tombstones outlive the data."""
        query_ids = {getattr(item.body, "query_id", None) for item in rows.valid} - {None}
        erased = await self._erased_among({str(query_id) for query_id in query_ids})
        return without_erased(rows, erased) if erased else rows


def _batch(
    kind: str,
    received: int,
    rows: SortedItems[M],
    event: Callable[[M, str, datetime], Event],
    now: datetime,
) -> EventBatch:
    """An item without a time of its own occurs at `now`, and after the item before it."""
    events = [
        event(
            item.body,
            item.identity.event_id or new_id(),
            item.identity.occurred_at or now + number * _TICK,
        )
        for number, item in enumerate(rows.valid)
    ]
    named = frozenset(item.identity.event_id for item in rows.valid if item.identity.event_id)
    return EventBatch(kind, received, tuple(events), named, rows.problems)
