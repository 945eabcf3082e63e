"""Keeps the newest scorer in service.

Every replica needs every event, so the stream is followed without a consumer group.
"""

import asyncio
import logging
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.ranking.metrics import RankMetrics
from ingest.ranking.scorer_loading import ScorerLoader, ScorerNotLoaded
from ingest.ranking.source import CallersOrder, RankingSource, ScorerInService
from ratchet.contract import SCORERS, ScorerPublished, ScorerWithdrawn
from ratchet.delivery import follow, newest
from ratchet.processes import end_all, is_outage

_log = logging.getLogger(__name__)
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 30.0
_REDIS_WAIT_S = 1.0
_CANCEL_AGAIN_S = 0.02
_Change = ScorerPublished | ScorerWithdrawn
CHANGES: tuple[type[_Change], ...] = (ScorerPublished, ScorerWithdrawn)


class ScorerWatch:
    """`source` is what to rank with; `problem` is why the newest scorer is not in service."""

    def __init__(self, redis: Redis, loader: ScorerLoader, metrics: RankMetrics) -> None:
        self.source: RankingSource = CallersOrder()
        self.problem: str | None = None
        self._redis = redis
        self._loader = loader
        self._metrics = metrics
        self._newest: _Change | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follows and loads side by side until cancelled; waits while Redis is unavailable."""
        both = (self._follow_for_ever(), self._load_for_ever())
        loops = [asyncio.create_task(loop) for loop in both]
        try:
            await asyncio.gather(*loops)
        finally:
            await end_all(*loops, again_s=_CANCEL_AGAIN_S)

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                outage = {"outage": str(error)} if is_outage(error) else None
                _log.warning("new scorers are not read: %s", error, extra=outage)
                await asyncio.sleep(_REDIS_WAIT_S)

    async def _follow(self) -> None:
        """Handles the newest change, then each later one once."""
        last = await newest(self._redis, SCORERS, CHANGES)
        if last is not None:
            self._set_newest(last.event)
        async for event in follow(self._redis, [SCORERS], last.entry_id if last else "0"):
            if isinstance(event, CHANGES):
                self._set_newest(event)

    def _set_newest(self, event: _Change) -> None:
        if self._newest is None or event.event_id != self._newest.event_id:
            self._newest = event
            self._changed.set()

    async def _load_for_ever(self) -> None:
        """Retries a missing file at growing intervals, until it exists or a newer change comes."""
        wait_s, again_in_s = _FIRST_WAIT_S, None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(again_in_s):
                    await self._changed.wait()
            wait_s = _FIRST_WAIT_S if self._changed.is_set() else min(2 * wait_s, _LONGEST_WAIT_S)
            self._changed.clear()
            again_in_s = None if await self._apply() else wait_s

    async def _apply(self) -> bool:
        """Updates `source` to the newest change; returns False if a retry may succeed."""
        event = self._newest
        if isinstance(event, ScorerPublished):
            try:
                scorer = await asyncio.to_thread(self._loader.load, event)
            except ScorerNotLoaded as error:
                self._report(event.version, error)
                return error.kind != "missing"
            if event is self._newest:
                self._set_source(scorer)
        elif event is not None:
            self._set_source(CallersOrder(f"scorer {event.version} was withdrawn"))
        return True

    def _set_source(self, source: RankingSource) -> None:
        self.source, self.problem = source, None
        self._metrics.set_source(source)
        if isinstance(source, ScorerInService):
            _log.info("scorer %s is in service", source.version)
        else:
            _log.warning("%s: rankings are in the caller's order", source.reason)

    def _report(self, version: str, error: ScorerNotLoaded) -> None:
        self.problem = f"scorer {version} cannot be used: {error}"
        self._metrics.problems.labels(error.kind).inc()
        _log.warning(self.problem)
