"""What an accepted request becomes: events on the streams, acknowledged before the answer."""

import logging
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ingest.domain.corrections import Correction, said
from ingest.domain.items import (
    Problem,
    Sorted,
    in_zone,
    lacks_plan,
    read_experience,
    read_feedback,
    refused,
    sort_items,
)
from ingest.domain.pairs import Pair, built
from ingest.domain.traces import Trace, captured
from ingest.http.middleware.idempotency import Call
from ingest.metrics import IngestMetrics
from ingest.ports import Publisher
from ratchet.contract import (
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    new_id,
    utc_now,
)

M = TypeVar("M", bound=BaseModel)
Forgotten = Callable[[Set[str]], Awaitable[Set[str]]]
"""Those of some query ids that were forgotten."""
_log = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


@dataclass(frozen=True)
class Taken:
    """`accepted` counts the `new` items and those that were known by their event ids.

    `new` has the indexes of items in their request.
    """

    accepted: int
    new: tuple[int, ...]
    problems: tuple[Problem, ...]

    @property
    def repeated(self) -> int:
        return self.accepted - len(self.new)


@dataclass(frozen=True)
class Answer:
    """How the answer to `call` is written, which is kept with what it caused."""

    call: Call
    status: int
    written: Callable[[Taken], str]


class Intake:
    """Each method returns once what it accepted is durable; Redis trouble is raised as it is."""

    def __init__(
        self,
        publisher: Publisher,
        metrics: IngestMetrics,
        naive_zone: str,
        forgotten: Forgotten,
    ) -> None:
        self._publisher = publisher
        self._forgotten = forgotten
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)

    async def experiences(self, items: Sequence[Any], answer: Answer | None = None) -> Taken:
        now = utc_now()
        found = sort_items(items, lambda item: read_experience(item, now, self._zone))

        def event(experience: Experience, event_id: str, occurred_at: datetime) -> Event:
            return ExperienceRecorded(
                event_id=event_id, occurred_at=occurred_at, experience=experience
            )

        taken = await self._take("experience", len(items), found, event, now, answer)
        for index in taken.new:
            if lacks_plan(items[index]):
                self._metrics.without_plan.inc()
                _log.warning(
                    "no widget plan; counts for voice only",
                    extra={"query_id": items[index]["query_id"]},
                )
        return taken

    async def feedback(self, items: Sequence[Any], answer: Answer | None = None) -> Taken:
        def event(feedback: Feedback, event_id: str, occurred_at: datetime) -> Event:
            return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)

        found = sort_items(items, read_feedback)
        return await self._take("feedback", len(items), found, event, utc_now(), answer)

    async def corrections(self, items: Sequence[Any], answer: Answer | None = None) -> Taken:
        def event(correction: Correction, event_id: str, occurred_at: datetime) -> Event:
            return FeedbackReceived(
                event_id=event_id, occurred_at=occurred_at, feedback=said(correction)
            )

        found = sort_items(items, Correction.model_validate)
        return await self._take("correction", len(items), found, event, utc_now(), answer)

    async def traces(self, items: Sequence[Any], answer: Answer | None = None) -> Taken:
        found = sort_items(items, lambda item: Trace.model_validate(in_zone(item, self._zone)))
        return await self._take("trace", len(items), found, captured, utc_now(), answer)

    async def pairs(self, items: Sequence[Any], answer: Answer | None = None) -> Taken:
        found = sort_items(items, lambda item: Pair.model_validate(in_zone(item, self._zone)))
        return await self._take("pair", len(items), found, built, utc_now(), answer)

    async def _take(
        self,
        kind: str,
        received: int,
        found: Sorted[M],
        event: Callable[[M, str, datetime], Event],
        now: datetime,
        answer: Answer | None,
    ) -> Taken:
        gone = await self._forgotten(
            {name for item in found.accepted if (name := getattr(item.body, "query_id", None))}
        )
        if gone:
            found = refused(found, lambda item: getattr(item.body, "query_id", None) in gone)
        events: list[Event] = []
        indexes: dict[str, int] = {}
        named: set[str] = set()
        for number, item in enumerate(found.accepted):
            event_id = item.identity.event_id
            if event_id is None:
                event_id = new_id()
            else:
                named.add(event_id)
            occurred_at = item.identity.occurred_at or now + number * _TICK
            events.append(event(item.body, event_id, occurred_at))
            indexes.setdefault(event_id, item.index)

        def taken_of(new: Sequence[Event]) -> Taken:
            known = tuple(indexes[event.event_id] for event in new)
            return Taken(len(events), known, found.problems)

        taken = taken_of(await self._publish(events, named, answer, taken_of) if events else ())
        self._metrics.count(kind, len(taken.new), taken.repeated, received - len(events))
        return taken

    async def _publish(
        self,
        events: Sequence[Event],
        named: Set[str],
        answer: Answer | None,
        taken_of: Callable[[Sequence[Event]], Taken],
    ) -> Sequence[Event]:
        receipt = None
        if answer is not None:
            written = answer.written
            receipt = answer.call.receipt(answer.status, lambda new: written(taken_of(new)))
        return await self._publisher.publish(events, named, receipt)
