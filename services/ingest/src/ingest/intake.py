"""What an accepted request becomes: events on the streams, acknowledged before the answer."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from ingest.domain.items import (
    Problem,
    Sorted,
    lacks_plan,
    read_experience,
    read_feedback,
    sort_items,
)
from ingest.metrics import IngestMetrics
from ingest.ports import Publisher
from ratchet.events.base import Event, utc_now
from ratchet.events.command import TrainingRequested
from ratchet.events.experience import (
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
)

M = TypeVar("M", Experience, Feedback)
_log = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


@dataclass(frozen=True)
class Taken:
    """`repeated` of the `accepted` items were known already, by the event ids they named."""

    accepted: int
    repeated: int
    problems: tuple[Problem, ...]


class Intake:
    """Each method returns once what it accepted is durable; Redis trouble is raised as it is."""

    def __init__(self, publisher: Publisher, metrics: IngestMetrics, naive_zone: str) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)

    async def experiences(self, items: Sequence[Any]) -> Taken:
        now = utc_now()

        def read(item: Mapping[str, Any]) -> Experience:
            experience = read_experience(item, now, self._zone)
            if lacks_plan(item):
                self._metrics.without_plan.inc()
                _log.warning(
                    "no widget plan; counts for voice only",
                    extra={"query_id": experience.query_id},
                )
            return experience

        def event(experience: Experience, event_id: str, occurred_at: datetime) -> Event:
            return ExperienceRecorded(
                event_id=event_id, occurred_at=occurred_at, experience=experience
            )

        return await self._take("experience", items, sort_items(items, read), event, now)

    async def feedback(self, items: Sequence[Any]) -> Taken:
        def event(feedback: Feedback, event_id: str, occurred_at: datetime) -> Event:
            return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)

        found = sort_items(items, read_feedback)
        return await self._take("feedback", items, found, event, utc_now())

    async def _take(
        self,
        kind: str,
        items: Sequence[Any],
        found: Sorted[M],
        event: Callable[[M, str, datetime], Event],
        now: datetime,
    ) -> Taken:
        events = [
            event(
                item.body,
                item.identity.event_id or new_id(),
                (item.identity.occurred_at or now + number * _TICK).astimezone(UTC),
            )
            for number, item in enumerate(found.accepted)
        ]
        named = {item.identity.event_id for item in found.accepted if item.identity.event_id}
        repeated = await self._publisher.publish(events, named=named)
        self._metrics.count(kind, len(events) - repeated, repeated, len(items) - len(events))
        return Taken(len(events), repeated, found.problems)

    async def training(self, requested_by: str, reason: str) -> str:
        """Ask the trainer for a run now; returns the id of the request."""
        event = TrainingRequested(
            event_id=new_id(), occurred_at=utc_now(), requested_by=requested_by, reason=reason
        )
        await self._publisher.publish([event])
        return event.event_id


def new_id() -> str:
    return str(uuid7())
