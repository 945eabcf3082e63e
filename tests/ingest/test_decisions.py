"""Exploration has exactly the logged propensities."""

from collections import Counter
from collections.abc import Sequence, Set
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.exceptions import ConnectionError as RedisAway

from ingest.domain.rank_request import RankRequest, read_rank_request
from ingest.ranking.decisions import Decision, Decisions
from ingest.ranking.metrics import RankMetrics
from ingest.ranking.scorer_loading import ScorerLoader
from ingest.ranking.source import CallersOrder, RankingSource, ScorerInService
from ratchet.contract import Event, RankingPolicy
from ratchet.delivery import IdempotencyRecord
from ratchet.storage import ArtifactStore
from ratchet_edge.clients import Client
from ratchet_ranking import HashingEmbedding
from ratchet_testing.fakes import MemoryPublisher

POLICY = RankingPolicy(share=0.3, temperature=0.5)
REQUEST = read_rank_request(
    {
        "transcript": "What is the power of pump 001?",
        "intent": {"type": "query", "confidence": 0.9, "primary_characteristic": "energy"},
        "candidates": [
            {"scenario": "trend", "relevance": 0.6},
            {"scenario": "alerts", "relevance": 0.1, "required": True},
            {"scenario": "comparison", "relevance": 0.5},
            "timeline",
            {"scenario": "kpi", "relevance": 0.55, "required": True},
            "a-scenario-of-tomorrow",
        ],
        "limit": 3,
    }
)
TRIES = 6_000


class Unlimited:
    """Every client may publish."""

    def __init__(self, publisher: Any) -> None:
        self.publisher = publisher

    def of(self, client: Client) -> Any:
        return self.publisher


class AwayPublisher:
    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        record: IdempotencyRecord | None = None,
    ) -> tuple[Event, ...]:
        raise RedisAway("nobody listens")


class LazyEmbedding(HashingEmbedding):
    quick = False


@pytest.fixture
def served(trainer: Any, tmp_path: Path) -> ScorerInService:
    content, event = trainer.train("s1", policy=POLICY)
    trainer.store(content)
    return ScorerLoader(ArtifactStore(tmp_path / "artifacts"), HashingEmbedding()).load(event)


def decisions(publisher: Any, source: RankingSource, draw: Any) -> Decisions:
    metrics = RankMetrics(CollectorRegistry(), HashingEmbedding.name)
    return Decisions(Unlimited(publisher), lambda: source, draw, 0.25, metrics)  # type: ignore[arg-type]


async def decide(decisions: Decisions, request: RankRequest) -> Decision:
    return await decisions.log(await decisions.make(request), Client("panel"))


async def many(served: ScorerInService, request: RankRequest = REQUEST) -> list[Decision]:
    deciding = decisions(MemoryPublisher(), served, Random(11).random)
    return [await decide(deciding, request) for _ in range(TRIES)]


def near(count: int, chance: float) -> bool:
    """Whether `count` of the tries is what `chance` lets expect, to five standard deviations."""
    return abs(count / TRIES - chance) <= 5 * sqrt(max(chance * (1 - chance), 1e-9) / TRIES)


async def test_orders_are_as_frequent_as_their_propensities(served: ScorerInService):
    made = await many(served)
    orders = Counter(decision.ranking.order for decision in made)
    chances = {decision.ranking.order: decision.ranking.propensity for decision in made}
    assert len(orders) > 3
    assert sum(chances.values()) == pytest.approx(1.0, abs=0.01)
    for order, count in orders.items():
        assert near(count, chances[order]), (order, count, chances[order])


async def test_positions_are_as_frequent_as_their_propensities(
    served: ScorerInService,
):
    made = await many(served)
    stood: Counter[tuple[int, int]] = Counter()
    chances: dict[tuple[int, int], float] = {}
    for decision in made:
        for place in enumerate(decision.ranking.order):
            stood[place] += 1
            chances[place] = decision.ranking.propensities[place[0]]
    for place, count in stood.items():
        assert near(count, chances[place]), (place, count, chances[place])


async def test_exploration_stays_within_its_share(served: ScorerInService):
    made = await many(served)
    explored = sum(decision.ranking.explored for decision in made)
    greedy = next(d.ranking.propensity for d in made if not d.ranking.explored)
    assert near(explored, 1 - greedy)
    assert 0 < explored / TRIES < POLICY.share


async def test_required_widgets_are_always_shown(served: ScorerInService):
    for decision in await many(served):
        assert {1, 4} <= set(decision.ranking.order[: REQUEST.shown])


async def test_an_unlogged_decision_never_explores(served: ScorerInService):
    greedy = await decide(decisions(MemoryPublisher(), served, lambda: 0.0), REQUEST)
    for drawn in (0.0, 0.5, 0.9, 0.99, 0.999999):
        unreachable = decisions(AwayPublisher(), served, lambda drawn=drawn: drawn)
        decision = await decide(unreachable, REQUEST)
        assert decision.decision_id is None
        assert decision.ranking.order == greedy.ranking.order
        assert not decision.ranking.explored
        assert set(decision.ranking.propensities) == {1.0}


async def test_the_draw_decides_on_exploration(served: ScorerInService):
    explored = await decide(decisions(MemoryPublisher(), served, lambda: 0.999), REQUEST)
    greedy = await decide(decisions(MemoryPublisher(), served, lambda: 0.0), REQUEST)
    assert explored.ranking.explored
    assert explored.ranking.order != greedy.ranking.order
    assert sorted(explored.ranking.order) == sorted(greedy.ranking.order)


async def test_a_slow_embedding_ranks_the_same_in_a_thread(served: ScorerInService):
    quick = await decide(decisions(MemoryPublisher(), served, lambda: 0.7), REQUEST)
    slow = ScorerInService(**{**vars(served), "embedding": LazyEmbedding()})
    beside = await decide(decisions(MemoryPublisher(), slow, lambda: 0.7), REQUEST)
    assert beside.ranking == quick.ranking


async def test_many_unlogged_decisions_write_one_line_to_the_log(
    caplog: pytest.LogCaptureFixture,
):
    deciding = decisions(AwayPublisher(), CallersOrder(), lambda: 0.0)
    for _ in range(20):
        await decide(deciding, REQUEST)
    assert (deciding.logged, deciding.unlogged) == (0, 20)
    assert len([r for r in caplog.records if "not logged" in r.getMessage()]) == 1
