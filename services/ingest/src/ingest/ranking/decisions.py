"""From a question to a ranking whose decision is logged before anybody sees it."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from redis.exceptions import RedisError

from ingest.domain.rank_request import RankRequest
from ingest.ports import Publisher
from ingest.ranking.in_service import Served, Standing
from ingest.ranking.metrics import RankingMetrics
from ratchet.contract import CALLERS_ORDER, DecisionMade, new_id, utc_now
from ratchet.delivery import Receipt
from ratchet.ranking import SCENARIO_ROW, Ranking, in_callers_order, rank

_log = logging.getLogger(__name__)
_BETWEEN_WARNINGS_S = 10.0


@dataclass(frozen=True)
class Decision:
    """`decision_id` is None where nothing was logged; then nothing was explored either."""

    decision_id: str | None
    asked: RankRequest
    standing: Standing
    ranking: Ranking


Answering = Callable[[Decision], Receipt]
"""How the answer that tells a decision is kept with it."""


class Decisions:
    """`draw` is uniform in [0, 1); `logged` and `unlogged` count decisions since the start."""

    def __init__(
        self,
        publisher: Publisher,
        standing: Callable[[], Standing],
        draw: Callable[[], float],
        timeout_s: float,
        metrics: RankingMetrics,
    ) -> None:
        self.logged = 0
        self.unlogged = 0
        self._publisher = publisher
        self._standing = standing
        self._draw = draw
        self._timeout_s = timeout_s
        self._metrics = metrics
        self._warned_at = -inf

    async def decide(self, asked: RankRequest, answering: Answering | None = None) -> Decision:
        """Answers whatever Redis does: what it cannot take in time is certain and unlogged.

        Raises `AlreadyPublished` where `answering` finds that it was answered before.
        """
        standing = self._standing()
        ranking = await _ranked(asked, standing, self._draw())
        event = _event(asked, standing, ranking)
        decision = Decision(event.event_id, asked, standing, ranking)
        logged = await self._log(event, answering(decision) if answering else None)
        if not logged:
            ranking = await _certain(asked, standing, ranking)
            decision = Decision(None, asked, standing, ranking)
        self._count(asked, standing, ranking)
        return decision

    async def _log(self, event: DecisionMade, receipt: Receipt | None) -> bool:
        """Whether Redis has said that it has `event`; without that it may have it all the same."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._publisher.publish([event], receipt=receipt)
        except (RedisError, OSError) as error:
            self.unlogged += 1
            self._metrics.unlogged.inc()
            self._warn(error)
            return False
        self.logged += 1
        return True

    def _warn(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _BETWEEN_WARNINGS_S:
            self._warned_at = now
            _log.warning("decisions are not logged, %d since the start: %r", self.unlogged, error)

    def _count(self, asked: RankRequest, standing: Standing, ranking: Ranking) -> None:
        scored = isinstance(standing, Served)
        self._metrics.requests.labels("scored" if scored else "callers_order").inc()
        self._metrics.explored.inc(ranking.explored)
        unknown = sum(candidate.scenario not in SCENARIO_ROW for candidate in asked.candidates)
        self._metrics.unknown_scenarios.inc(unknown)


async def _ranked(asked: RankRequest, standing: Standing, drawn: float) -> Ranking:
    if not isinstance(standing, Served):
        return in_callers_order(asked.candidates, asked.shown)

    def ranked() -> Ranking:
        return rank(
            asked.query,
            asked.candidates,
            asked.shown,
            standing.scorers,
            standing.embedding,
            standing.policy,
            drawn,
        )

    return ranked() if standing.embedding.quick else await asyncio.to_thread(ranked)


async def _certain(asked: RankRequest, standing: Standing, ranking: Ranking) -> Ranking:
    """The greedy order, and that nothing else could have been given out."""
    greedy = await _ranked(asked, standing, 0.0) if ranking.explored else ranking
    return greedy._replace(propensities=(1.0,) * len(greedy.order), propensity=1.0)


def _event(asked: RankRequest, standing: Standing, ranking: Ranking) -> DecisionMade:
    served = standing if isinstance(standing, Served) else None
    return DecisionMade(
        event_id=new_id(),
        occurred_at=utc_now(),
        user_id=asked.user_id,
        query=asked.query,
        candidates=asked.candidates,
        limit=asked.shown,
        order=ranking.order,
        worths=ranking.worths,
        propensity=ranking.propensity,
        policy=served.policy if served else CALLERS_ORDER,
        scorer=served.version if served else None,
    )
