"""What an accepted request becomes: events on the streams, acknowledged before the answer."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from ingest.domain.items import Sorted, lacks_plan, read_experience, read_feedback, sort_items
from ingest.metrics import IngestMetrics
from ingest.ports import Publisher
from ratchet.events.base import utc_now
from ratchet.events.command import TrainingRequested
from ratchet.events.experience import (
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
)

_log = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


class Intake:
    """Each method returns once what it accepted is durable; Redis trouble is raised as it is."""

    def __init__(self, publisher: Publisher, metrics: IngestMetrics, naive_zone: str) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)

    async def experiences(self, items: Sequence[Any]) -> Sorted[Experience]:
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

        found = sort_items(items, read)
        await self._publisher.publish(
            [
                ExperienceRecorded(
                    event_id=new_id(), occurred_at=now + number * _TICK, experience=experience
                )
                for number, experience in enumerate(found.accepted)
            ]
        )
        self._metrics.count("experience", len(found.accepted), len(items))
        return found

    async def feedback(self, items: Sequence[Any]) -> Sorted[Feedback]:
        now = utc_now()
        found = sort_items(items, read_feedback)
        await self._publisher.publish(
            [
                FeedbackReceived(
                    event_id=new_id(), occurred_at=now + number * _TICK, feedback=feedback
                )
                for number, feedback in enumerate(found.accepted)
            ]
        )
        self._metrics.count("feedback", len(found.accepted), len(items))
        return found

    async def training(self, requested_by: str, reason: str) -> str:
        """Ask the trainer for a run now; returns the id of the request."""
        event = TrainingRequested(
            event_id=new_id(), occurred_at=utc_now(), requested_by=requested_by, reason=reason
        )
        await self._publisher.publish([event])
        return event.event_id


def new_id() -> str:
    return str(uuid7())
