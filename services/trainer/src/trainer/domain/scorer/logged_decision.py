"""A logged decision joined with the outcome of its plan."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ratchet.contract import DecisionMade, ExperienceScored, RankingPolicy, ServedPlan
from ratchet_ranking import (
    CHARACTERISTICS,
    OTHER_SCENARIO,
    Embedding,
    Scorers,
    Vector,
    explore,
    scenario_indices,
    structure_inputs,
    worths_of,
)
from trainer.domain.scorer.examination import Floats, Impression
from trainer.domain.scorer.holdout import kind_of

CONTEXTS = len(CHARACTERISTICS) + 3


class OutcomeRef(NamedTuple):
    """A logged decision and the number of the scored revision that is its outcome."""

    decision_id: str
    sequence: int


@dataclass(frozen=True)
class LoggedDecision:
    """`shown` are candidate indices from the top; `text` (768,) and `structure` (45,) are inputs.

    `design` (n, 20 * 8) is the one-hot design of scenario by context, one row per candidate.
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
        """Whether a judge scored single widgets, not only the plan as a whole."""
        return any(widget.judged for widget in self.plan.widgets)

    def worths(self, scorers: Scorers, policy: RankingPolicy) -> list[float]:
        """The value (n,) by which each candidate would be ranked."""
        text, _ = scorers.project_text(self.text)
        scores = scorers.low_rank.score(text, self.structure, self.places)
        return worths_of(self.decision.candidates, scores, policy)

    def exposure(self, worths: list[float], policy: RankingPolicy, attention: Floats) -> Floats:
        """The expected examination of each candidate (n,); `attention` is that of each position."""
        examination = np.zeros(len(self.places))
        examination[: len(attention)] = attention
        decision = self.decision
        return explore(worths, decision.candidates, policy, decision.limit).exposure(examination)

    def logged_exposure(self, attention: Floats) -> Floats:
        """The exposure under the policy that made the decision."""
        return self.exposure(list(self.decision.worths), self.decision.policy, attention)

    def impressions(self) -> list[Impression]:
        """Every shown widget, for fitting the position-based model."""
        if not self.plan.engaged:
            return []
        return [
            Impression(f"{self.kind} {widget.scenario}", position, widget.touched)
            for position, widget in enumerate(self.plan.widgets)
        ]


def logged_decision(
    decision: DecisionMade, scored: ExperienceScored, embedding: Embedding
) -> LoggedDecision | None:
    """The joined decision; None if it carries no information about other orders.

    That is the case without exploration, and if the plan shown is not a prefix of the order
    decided.
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
    places = scenario_indices([candidate.scenario for candidate in decision.candidates])
    return LoggedDecision(
        decision=decision,
        plan=plan,
        kind=kind_of(decision.query),
        shown=shown,
        text=embedding.embed(decision.query.transcript),
        structure=structure_inputs(decision.query, len(decision.candidates)),
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
