"""Ranks candidates: scores, order and the propensity of the order."""

from collections.abc import Sequence
from typing import NamedTuple

from ratchet.contract import Candidate, RankingPolicy, RankingQuery
from ratchet_ranking.embedding import Embedding
from ratchet_ranking.exploration import explore, greedy_order
from ratchet_ranking.features import Vector, structure_inputs
from ratchet_ranking.scorer import Scorers, scenario_indices

UNKNOWN_RELEVANCE = 0.5
"""The relevance of a candidate without one."""


class Ranking(NamedTuple):
    """`order` and `propensities` run from the top down; `worths` are in candidate order.

    `propensities` are the probabilities of each candidate at its position, `propensity` that of
    the whole order. `composition` is the score of the shown part as a plan.
    """

    order: tuple[int, ...]
    worths: tuple[float, ...]
    propensities: tuple[float, ...]
    propensity: float
    explored: bool
    composition: float | None


def rank(
    query: RankingQuery,
    candidates: Sequence[Candidate],
    limit: int,
    scorers: Scorers,
    embedding: Embedding,
    policy: RankingPolicy,
    drawn: float,
) -> Ranking:
    """Rank `candidates` (at least one); `drawn` is uniform in [0, 1) and decides on exploration."""
    for_widgets, for_plan = scorers.project_text(embedding.embed(query.transcript))
    indices = scenario_indices([candidate.scenario for candidate in candidates])
    structure = structure_inputs(query, len(candidates))
    worths = worths_of(candidates, scorers.low_rank.score(for_widgets, structure, indices), policy)
    exploration = explore(worths, candidates, policy, limit)
    exchange = exploration.exchange(drawn)
    order = exploration.order_after(exchange)
    return Ranking(
        order=order,
        worths=tuple(worths),
        propensities=tuple(exploration.propensities(exchange)),
        propensity=exploration.propensity(exchange),
        explored=exchange is not None,
        composition=scorers.composition.score(for_plan, [indices[at] for at in order[:limit]]),
    )


def in_callers_order(candidates: Sequence[Candidate], limit: int) -> Ranking:
    """The caller's order with required candidates among the shown; nothing is scored or drawn."""
    worths = (0.0,) * len(candidates)
    order = greedy_order(worths, candidates, limit)
    return Ranking(order, worths, (1.0,) * len(order), 1.0, explored=False, composition=None)


def worths_of(
    candidates: Sequence[Candidate], scores: Vector, policy: RankingPolicy
) -> list[float]:
    """The value (n,) by which candidates are ranked: relevance plus the weighted score."""
    return [
        (UNKNOWN_RELEVANCE if candidate.relevance is None else candidate.relevance)
        + policy.weight * score
        for candidate, score in zip(candidates, scores.tolist(), strict=True)
    ]
