"""The response with a ranking."""

from pydantic import BaseModel

from ingest.ranking.decisions import Decision
from ingest.ranking.source import CallersOrder, ScorerInService

_UNLOGGED = "the decision was not logged, so nothing was explored"


class RankedCandidate(BaseModel):
    """`index` and `position` count from 0, in the request and in the ranking.

    `propensity` is the probability with which the policy chose this position.
    """

    scenario: str
    index: int
    score: float
    position: int
    propensity: float


class ServingScorer(BaseModel):
    """`trained_on` counts scored revisions of answers."""

    version: str
    parameters: int
    embedding: str
    trained_on: int

    @classmethod
    def of(cls, scorer: ScorerInService) -> "ServingScorer":
        return cls(
            version=scorer.version,
            parameters=scorer.parameters,
            embedding=scorer.embedding.name,
            trained_on=scorer.trained_on,
        )


class RankAnswer(BaseModel):
    """`ranking` has every candidate, the best first; the first `shown` are for the screen.

    Send `decision_id` with the experience; it is null if the decision was not logged.
    `composition_score`, in [-1, 1], rates the shown candidates together.
    """

    decision_id: str | None
    ranking: list[RankedCandidate]
    shown: int
    composition_score: float | None
    explored: bool
    note: str | None
    scorer: ServingScorer | None

    @classmethod
    def of(cls, decision: Decision) -> "RankAnswer":
        ranking, source = decision.ranking, decision.source
        candidates = decision.request.candidates
        places = zip(ranking.order, ranking.propensities, strict=True)
        return cls(
            decision_id=decision.decision_id,
            ranking=[
                RankedCandidate(
                    scenario=candidates[index].scenario,
                    index=index,
                    score=ranking.worths[index],
                    position=position,
                    propensity=propensity,
                )
                for position, (index, propensity) in enumerate(places)
            ],
            shown=decision.request.shown,
            composition_score=ranking.composition,
            explored=ranking.explored,
            note=_note(decision),
            scorer=ServingScorer.of(source) if isinstance(source, ScorerInService) else None,
        )


def _note(decision: Decision) -> str | None:
    notes = []
    if isinstance(decision.source, CallersOrder):
        notes.append(f"{decision.source.reason}: the caller's order")
    if decision.decision_id is None:
        notes.append(_UNLOGGED)
    return "; ".join(notes) or None
