"""Keeps the newest scorer in service: every replica sees every event, without a consumer group."""

import asyncio
import logging
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.ranking.in_service import CallersOrder, Served, Standing
from ingest.ranking.metrics import RankingMetrics
from ingest.ranking.scorer_loading import CannotServe, ScorerLoader
from ratchet.contract import SCORERS, ScorerPublished, ScorerWithdrawn
from ratchet.delivery import follow, newest
from ratchet.processes import end_all

_log = logging.getLogger(__name__)
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 30.0
_REDIS_WAIT_S = 1.0
_CANCEL_AGAIN_S = 0.02
_Change = ScorerPublished | ScorerWithdrawn
CHANGES: tuple[type[_Change], ...] = (ScorerPublished, ScorerWithdrawn)


class ScorerWatch:
    """`standing` is what to rank with; `problem` says why the newest scorer is not it."""

    def __init__(self, redis: Redis, loader: ScorerLoader, metrics: RankingMetrics) -> None:
        self.standing: Standing = CallersOrder()
        self.problem: str | None = None
        self._redis = redis
        self._loader = loader
        self._metrics = metrics
        self._newest: _Change | None = None
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Follow and load side by side until cancelled; trouble with Redis is waited out."""
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
                _log.warning("scorers are not followed, Redis is away: %s", error)
                await asyncio.sleep(_REDIS_WAIT_S)

    async def _follow(self) -> None:
        """Hear the newest change first, then those that come after it, once each."""
        found = await newest(self._redis, SCORERS, CHANGES)
        if found is not None:
            self._hear(found.event)
        async for event in follow(self._redis, [SCORERS], found.entry_id if found else "0"):
            if isinstance(event, CHANGES):
                self._hear(event)

    def _hear(self, event: _Change) -> None:
        if self._newest is None or event.event_id != self._newest.event_id:
            self._newest = event
            self._news.set()

    async def _load_for_ever(self) -> None:
        """A missing file is looked for again, ever more seldom, until it or other news is there."""
        wait_s, again_in_s = _FIRST_WAIT_S, None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(again_in_s):
                    await self._news.wait()
            wait_s = _FIRST_WAIT_S if self._news.is_set() else min(2 * wait_s, _LONGEST_WAIT_S)
            self._news.clear()
            again_in_s = None if await self._settled() else wait_s

    async def _settled(self) -> bool:
        """Bring `standing` up to the newest change; False where that may succeed later."""
        event = self._newest
        if isinstance(event, ScorerPublished):
            try:
                served = await asyncio.to_thread(self._loader.load, event)
            except CannotServe as error:
                self._keep(event.version, error)
                return error.kind != "missing"
            if event is self._newest:
                self._stand(served)
        elif event is not None:
            self._stand(CallersOrder(f"scorer {event.version} was withdrawn"))
        return True

    def _stand(self, standing: Standing) -> None:
        self.standing, self.problem = standing, None
        self._metrics.stands(standing)
        if isinstance(standing, Served):
            _log.info("scorer %s serves", standing.version)
        else:
            _log.warning("%s: the caller's order serves", standing.why)

    def _keep(self, version: str, error: CannotServe) -> None:
        self.problem = f"scorer {version} cannot serve: {error}"
        self._metrics.problems.labels(error.kind).inc()
        _log.warning(self.problem)
