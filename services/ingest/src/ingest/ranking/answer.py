"""The answer to a question for a ranking."""

from pydantic import BaseModel

from ingest.ranking.decisions import Decision
from ingest.ranking.in_service import CallersOrder, Served

_UNLOGGED = "the decision was not logged, so nothing was explored"


class RankedCandidate(BaseModel):
    """`index` and `position` count from 0, in the request and in the ranking.

    `score` is what it was ranked by, `propensity` how likely it was to stand here.
    """

    scenario: str
    index: int
    score: float
    position: int
    propensity: float


class ScorerOut(BaseModel):
    """`trained_on` counts scored revisions of answers."""

    version: str
    parameters: int
    embedding: str
    trained_on: int

    @classmethod
    def of(cls, served: Served) -> "ScorerOut":
        return cls(
            version=served.version,
            parameters=served.parameters,
            embedding=served.embedding.name,
            trained_on=served.trained_on,
        )


class RankAnswer(BaseModel):
    """`ranking` has every candidate, best first, of which the first `shown` are for the screen.

    Hand `decision_id` on with the experience; it is null where no decision was logged.
    `composition_score` is what the shown ones are worth together, in [-1, 1].
    """

    decision_id: str | None
    ranking: list[RankedCandidate]
    shown: int
    composition_score: float | None
    explored: bool
    note: str | None
    scorer: ScorerOut | None

    @classmethod
    def of(cls, decision: Decision) -> "RankAnswer":
        ranking, standing = decision.ranking, decision.standing
        candidates = decision.asked.candidates
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
            shown=decision.asked.shown,
            composition_score=ranking.composition,
            explored=ranking.explored,
            note=_note(decision),
            scorer=ScorerOut.of(standing) if isinstance(standing, Served) else None,
        )


def _note(decision: Decision) -> str | None:
    notes = []
    if isinstance(decision.standing, CallersOrder):
        notes.append(f"{decision.standing.why}: the caller's order")
    if decision.decision_id is None:
        notes.append(_UNLOGGED)
    return "; ".join(notes) or None
