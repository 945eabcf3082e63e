"""One decision: score the candidates, order them, and say how likely this order was."""

from collections.abc import Sequence
from typing import NamedTuple

from ratchet.contract import Candidate, RankingPolicy, RankingQuery
from ratchet.ranking.embedding import Embedding
from ratchet.ranking.exploration import explore, greedy_order
from ratchet.ranking.features import Vector, structure_of
from ratchet.ranking.scorer import Scorers, places_of

NO_OPINION = 0.5
"""The relevance of a candidate whose caller named none."""


class Ranking(NamedTuple):
    """`order` and `propensities` go from the top down; `worths` are in candidate order.

    `propensities` say how likely each candidate was to stand where it stands, `propensity` how
    likely this whole order was. `composition` is the score of the shown part as a plan.
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
    of_text, of_plan = scorers.see(embedding.embed(query.transcript))
    places = places_of([candidate.scenario for candidate in candidates])
    structure = structure_of(query, len(candidates))
    worths = worths_of(candidates, scorers.low_rank.score(of_text, structure, places), policy)
    exploration = explore(worths, candidates, policy, limit)
    exchange = exploration.exchange(drawn)
    order = list(exploration.order)
    if exchange is not None:
        upper, lower = exchange
        order[upper], order[lower] = order[lower], order[upper]
    return Ranking(
        order=tuple(order),
        worths=tuple(worths),
        propensities=tuple(exploration.propensities(exchange)),
        propensity=exploration.propensity(exchange),
        explored=exchange is not None,
        composition=scorers.composition.score(of_plan, [places[at] for at in order[:limit]]),
    )


def in_callers_order(candidates: Sequence[Candidate], limit: int) -> Ranking:
    """The candidates as they came, required ones among the shown: certain, and nothing scored."""
    worths = (0.0,) * len(candidates)
    order = greedy_order(worths, candidates, limit)
    return Ranking(order, worths, (1.0,) * len(order), 1.0, explored=False, composition=None)


def worths_of(
    candidates: Sequence[Candidate], scores: Vector, policy: RankingPolicy
) -> list[float]:
    """What each candidate (n,) is ranked by: the caller's relevance and the learnt adjustment."""
    return [
        (NO_OPINION if candidate.relevance is None else candidate.relevance) + policy.weight * score
        for candidate, score in zip(candidates, scores.tolist(), strict=True)
    ]
