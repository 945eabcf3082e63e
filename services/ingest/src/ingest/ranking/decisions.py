"""Ranks the candidates of a question, and logs the decision before it is returned."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from redis.exceptions import RedisError

from ingest.domain.rank_request import RankRequest
from ingest.ranking.metrics import RankMetrics
from ingest.ranking.source import RankingSource, ScorerInService
from ratchet.contract import CALLERS_ORDER, DecisionMade, utc_now
from ratchet.delivery import IdempotencyRecord, new_id
from ratchet_edge.clients import Client
from ratchet_edge.room import ClientPublishers, ShareUsed
from ratchet_ranking import SCENARIO_ROW, Ranking, in_callers_order, rank

_log = logging.getLogger(__name__)
_BETWEEN_WARNINGS_S = 10.0


@dataclass(frozen=True)
class Decision:
    """The ranking for `request`, and whether it is `logged` under `event_id`."""

    event_id: str
    request: RankRequest
    source: RankingSource
    ranking: Ranking
    logged: bool = True

    @property
    def decision_id(self) -> str | None:
        """None if the decision was not logged."""
        return self.event_id if self.logged else None


@dataclass
class Decisions:
    """`draw` is uniform in [0, 1); `logged` and `unlogged` count decisions since the start."""

    publishers: ClientPublishers
    source: Callable[[], RankingSource]
    draw: Callable[[], float]
    timeout_s: float
    metrics: RankMetrics
    logged: int = 0
    unlogged: int = 0
    _warned_at: float = -inf

    async def make(self, request: RankRequest) -> Decision:
        """A decision to log."""
        source = self.source()
        ranking = await _rank(request, source, self.draw())
        return Decision(new_id(), request, source, ranking)

    async def log(
        self, decision: Decision, client: Client, record: IdempotencyRecord | None = None
    ) -> Decision:
        """Log `decision` with the `record` of its answer; returns the decision to answer with.

        If Redis does not confirm in time, or `client` fills its share of it, that is the greedy
        order without an id. Raises `AlreadyPublished` if `record` has a stored answer.
        """
        if not await self._publish(decision, client, record):
            decision = await _unlogged(decision)
        self._count(decision)
        return decision

    async def _publish(
        self, decision: Decision, client: Client, record: IdempotencyRecord | None
    ) -> bool:
        """Whether Redis confirmed the event; it may have stored an unconfirmed one all the same."""
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.publishers.of(client).publish([_event(decision)], record=record)
        except (RedisError, OSError, ShareUsed) as error:
            self.unlogged += 1
            self.metrics.unlogged.inc()
            self._warn(error)
            return False
        self.logged += 1
        return True

    def _warn(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _BETWEEN_WARNINGS_S:
            self._warned_at = now
            _log.warning("decisions are not logged, %d since the start: %r", self.unlogged, error)

    def _count(self, decision: Decision) -> None:
        scored = isinstance(decision.source, ScorerInService)
        self.metrics.requests.labels("scored" if scored else "callers_order").inc()
        self.metrics.explored.inc(decision.ranking.explored)
        candidates = decision.request.candidates
        unknown = sum(candidate.scenario not in SCENARIO_ROW for candidate in candidates)
        self.metrics.unknown_scenarios.inc(unknown)


async def _rank(request: RankRequest, source: RankingSource, drawn: float) -> Ranking:
    if not isinstance(source, ScorerInService):
        return in_callers_order(request.candidates, request.shown)
    arguments = (
        request.query,
        request.candidates,
        request.shown,
        source.scorers,
        source.embedding,
        source.policy,
        drawn,
    )
    # A sentence embedding takes milliseconds and would block all other requests.
    if source.embedding.quick:
        return rank(*arguments)
    return await asyncio.to_thread(rank, *arguments)


async def _unlogged(decision: Decision) -> Decision:
    """The greedy order with certain propensities.

    Nothing can be learned from an exploration that is not logged, so the user does not pay for it.
    """
    ranking = decision.ranking
    if ranking.explored:
        ranking = await _rank(decision.request, decision.source, 0.0)
    certain = ranking._replace(propensities=(1.0,) * len(ranking.order), propensity=1.0)
    return replace(decision, logged=False, ranking=certain)


def _event(decision: Decision) -> DecisionMade:
    request, ranking = decision.request, decision.ranking
    scorer = decision.source if isinstance(decision.source, ScorerInService) else None
    return DecisionMade(
        event_id=decision.event_id,
        occurred_at=utc_now(),
        user_id=request.user_id,
        query=request.query,
        candidates=request.candidates,
        limit=request.shown,
        order=ranking.order,
        worths=ranking.worths,
        propensity=ranking.propensity,
        policy=scorer.policy if scorer else CALLERS_ORDER,
        scorer=scorer.version if scorer else None,
    )
