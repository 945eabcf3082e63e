"""Publishes the calls of the spool, each once."""

import asyncio
import logging
from contextlib import suppress
from typing import NoReturn

from pydantic import ValidationError
from redis.exceptions import RedisError

from gateway.domain.recorded_call import experience_of
from gateway.spool.spool import CallSpool
from ratchet.contract import CallServed, Event
from ratchet.delivery import Publisher, data_of
from ratchet.processes import every

_log = logging.getLogger(__name__)
_PERIOD_S, _LAST_S = 0.25, 3.0


class SpoolPublisher:
    """With `experiences`, each call with a whole text is an answered question of its own too.

    A repetition after a crash publishes nothing anew, because the ids of the events are those of
    the calls. A record that this release cannot read is counted as lost.
    """

    def __init__(self, spool: CallSpool, publisher: Publisher, experiences: bool) -> None:
        self._spool = spool
        self._publisher = publisher
        self._experiences = experiences
        self.problem: str | None = None

    async def run(self) -> NoReturn:
        """Until cancelled; then what the spool has is published, if Redis answers soon."""
        try:
            await every(_PERIOD_S, self.publish, "calls wait in the spool", report=self._report)
        finally:
            with suppress(RedisError, OSError):
                async with asyncio.timeout(_LAST_S):
                    await self.publish()

    async def publish(self) -> None:
        """Publish what the spool has; raises redis-py's errors."""
        while records := self._spool.read():
            of_records = [self._events(record) for record in records]
            events = [pair for pairs in of_records for pair in pairs]
            await self._publisher.publish(
                [event for event, _ in events],
                named={event.event_id for event, _ in events},
                data=[data for _, data in events],
            )
            self._spool.published()
            for _ in range(of_records.count([])):
                self._spool.miss("error")
            await asyncio.sleep(0)  # a turn for answers
        self._spool.published()

    def _events(self, record: bytes) -> list[tuple[Event, bytes]]:
        """The events of a record, each with its JSON; none if it cannot be read."""
        try:
            call = CallServed.model_validate_json(record)
        except ValidationError as error:
            _log.error("a record of the spool is left out: %s", error)
            return []
        experience = experience_of(call) if self._experiences else None
        others = [] if experience is None else [(experience, data_of(experience))]
        return [(call, record), *others]

    def _report(self, problem: str | None) -> None:
        self.problem = problem
