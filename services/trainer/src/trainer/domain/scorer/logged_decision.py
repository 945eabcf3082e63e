"""A logged decision with what came of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ratchet.contract import DecisionMade, ExperienceScored, RankingPolicy, ServedPlan
from ratchet.ranking import (
    CHARACTERISTICS,
    OTHER_SCENARIO,
    Embedding,
    Scorers,
    Vector,
    explore,
    places_of,
    structure_of,
    worths_of,
)
from trainer.domain.scorer.examination import Floats, Look
from trainer.domain.scorer.holdout import kind_of

CONTEXTS = len(CHARACTERISTICS) + 3


class LoggedOutcome(NamedTuple):
    """A logged decision, and the number of the scored revision of its experience."""

    decision_id: str
    sequence: int


@dataclass(frozen=True)
class Logged:
    """`shown` are candidates by index, from the top; `text` (768,) and `structure` (45,).

    `design` (n, 20 * 8) says of each candidate which scenario it is in which context.
    """

    decision: DecisionMade
    plan: ServedPlan
    kind: str
    shown: tuple[int, ...]
    text: Vector
    structure: Vector
    places: list[int]
    design: Vector

    @property
    def judged(self) -> bool:
        """Whether a judge scored single widgets; else the plan was rated as a whole."""
        return any(widget.judged for widget in self.plan.widgets)

    def worths(self, scorers: Scorers, policy: RankingPolicy) -> list[float]:
        """What each candidate (n,) would be ranked by."""
        seen, _ = scorers.see(self.text)
        scores = scorers.low_rank.score(seen, self.structure, self.places)
        return worths_of(self.decision.candidates, scores, policy)

    def exposure(self, worths: list[float], policy: RankingPolicy, looks: Floats) -> Floats:
        """How much each candidate (n,) is looked at; `looks` are the places that are shown."""
        examination = np.zeros(len(self.places))
        examination[: len(looks)] = looks
        decision = self.decision
        return explore(worths, decision.candidates, policy, decision.limit).exposure(examination)

    def logged_exposure(self, looks: Floats) -> Floats:
        """The exposure under the policy that really decided."""
        return self.exposure(list(self.decision.worths), self.decision.policy, looks)

    def looks(self) -> list[Look]:
        """Every widget that was shown, for the position-based model of touches."""
        if not self.plan.engaged:
            return []
        return [
            Look(f"{self.kind} {widget.scenario}", position, widget.touched)
            for position, widget in enumerate(self.plan.widgets)
        ]


def logged_of(
    decision: DecisionMade, scored: ExperienceScored, embedding: Embedding
) -> Logged | None:
    """None where it says nothing of other orders.

    That is so without exploration, and where the plan that was shown is not the beginning of the
    order that was decided.
    """
    plan = scored.plan
    if plan is None or not plan.widgets or len(plan.widgets) > decision.limit:
        return None
    if not decision.policy.explores:
        return None
    shown = decision.order[: len(plan.widgets)]
    decided = [decision.candidates[at].scenario for at in shown]
    if decided != [widget.scenario for widget in plan.widgets]:
        return None
    places = places_of([candidate.scenario for candidate in decision.candidates])
    return Logged(
        decision=decision,
        plan=plan,
        kind=kind_of(decision.query),
        shown=shown,
        text=embedding.embed(decision.query.transcript),
        structure=structure_of(decision.query, len(decision.candidates)),
        places=places,
        design=_design(decision, places),
    )


def _design(decision: DecisionMade, places: list[int]) -> Vector:
    query = decision.query
    context = np.zeros(CONTEXTS, np.float32)
    context[0] = 1.0
    context[1] = query.timed
    context[2] = "alerts" in query.characteristics or "alerts" in query.domains
    if query.characteristics and query.characteristics[0] in CHARACTERISTICS:
        context[3 + CHARACTERISTICS.index(query.characteristics[0])] = 1.0
    design = np.zeros((len(places), OTHER_SCENARIO + 1, CONTEXTS), np.float32)
    design[np.arange(len(places)), places] = context
    return design.reshape(len(places), -1)
