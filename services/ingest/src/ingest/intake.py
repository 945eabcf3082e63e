"""What an accepted request becomes: events on the streams, acknowledged before the answer."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from uuid_utils.compat import uuid7

from ingest.domain.items import (
    Item,
    Problem,
    Sorted,
    in_zone,
    lacks_plan,
    read_experience,
    read_feedback,
    sort_items,
)
from ingest.domain.pairs import Pair, built
from ingest.domain.traces import Trace, captured
from ingest.metrics import IngestMetrics
from ingest.ports import Publisher
from ratchet.events.base import Event, utc_now
from ratchet.events.experience import (
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
)

M = TypeVar("M", bound=BaseModel)
_log = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


@dataclass(frozen=True)
class Taken(Generic[M]):
    """`accepted` counts the `new` items and those that were known by their event ids."""

    accepted: int
    new: tuple[Item[M], ...]
    problems: tuple[Problem, ...]

    @property
    def repeated(self) -> int:
        return self.accepted - len(self.new)


class Intake:
    """Each method returns once what it accepted is durable; Redis trouble is raised as it is."""

    def __init__(self, publisher: Publisher, metrics: IngestMetrics, naive_zone: str) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)

    async def experiences(self, items: Sequence[Any]) -> Taken[Experience]:
        now = utc_now()
        found = sort_items(items, lambda item: read_experience(item, now, self._zone))

        def event(experience: Experience, event_id: str, occurred_at: datetime) -> Event:
            return ExperienceRecorded(
                event_id=event_id, occurred_at=occurred_at, experience=experience
            )

        taken = await self._take("experience", len(items), found, event, now)
        for item in taken.new:
            if lacks_plan(items[item.index]):
                self._metrics.without_plan.inc()
                _log.warning(
                    "no widget plan; counts for voice only", extra={"query_id": item.body.query_id}
                )
        return taken

    async def feedback(self, items: Sequence[Any]) -> Taken[Feedback]:
        def event(feedback: Feedback, event_id: str, occurred_at: datetime) -> Event:
            return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)

        found = sort_items(items, read_feedback)
        return await self._take("feedback", len(items), found, event, utc_now())

    async def traces(self, items: Sequence[Any]) -> Taken[Trace]:
        found = sort_items(items, lambda item: Trace.model_validate(in_zone(item, self._zone)))
        return await self._take("trace", len(items), found, captured, utc_now())

    async def pairs(self, items: Sequence[Any]) -> Taken[Pair]:
        found = sort_items(items, lambda item: Pair.model_validate(in_zone(item, self._zone)))
        return await self._take("pair", len(items), found, built, utc_now())

    async def _take(
        self,
        kind: str,
        received: int,
        found: Sorted[M],
        event: Callable[[M, str, datetime], Event],
        now: datetime,
    ) -> Taken[M]:
        events: list[Event] = []
        by_id: dict[str, Item[M]] = {}
        for number, item in enumerate(found.accepted):
            event_id = item.identity.event_id or new_id()
            occurred_at = item.identity.occurred_at or now + number * _TICK
            events.append(event(item.body, event_id, occurred_at))
            by_id.setdefault(event_id, item)
        named = {item.identity.event_id for item in found.accepted if item.identity.event_id}
        new = [by_id[event.event_id] for event in await self._publisher.publish(events, named)]
        taken = Taken(len(events), tuple(new), found.problems)
        self._metrics.count(kind, len(new), taken.repeated, received - len(events))
        return taken


def new_id() -> str:
    return str(uuid7())
