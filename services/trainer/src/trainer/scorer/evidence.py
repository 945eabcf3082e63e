"""Evaluates a candidate on logged decisions, or on held-out plans while there are too few."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ratchet.contract import CALLERS_ORDER, Evidence, Interval, PolicyName
from ratchet_ranking import Embedding
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.concordance import concordance, concordance_gain, newest_lessons
from trainer.domain.scorer.examination import examination, fitted_power
from trainer.domain.scorer.lesson import Lesson
from trainer.domain.scorer.logged_decision import LoggedDecision, OutcomeRef, logged_decision
from trainer.domain.scorer.off_policy import (
    Contributions,
    contributions,
    estimate,
    gains,
    interval_of,
    resamples,
)
from trainer.domain.scorer.reward_model import predicted_values
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.scorer_version import ScorerVersion
from trainer.domain.scorer.targets import widget_values

_MOST_WIDGETS = 2_000
"""Widgets of held-out plans are compared in pairs: cost and memory grow with the square."""


class ScorerEvaluation(NamedTuple):
    """`in_service_gain` is the gain of the scorer in service over the caller's order.

    `power` is the fitted exponent of the position-based model, None without logged decisions.
    """

    evidence: Evidence
    in_service_gain: Interval | None = None
    power: float | None = None


_NO_EVIDENCE = ScorerEvaluation(Evidence(basis="nothing yet"))


@dataclass
class ScorerEvaluator:
    """Blocks on the store: call it in a thread. Caches the decisions that it has read."""

    store: SqlRankingStore
    embedding: Embedding
    rules: PublishingRules
    seed: int
    _cache: dict[OutcomeRef, LoggedDecision | None] = field(default_factory=dict)

    def evaluate(
        self,
        candidate: ScorerVersion,
        in_service: ScorerVersion | None,
        held_out: Sequence[Lesson],
    ) -> ScorerEvaluation:
        logged = self.logged()
        if len(logged) >= self.rules.decisions:
            return self.evaluate_decisions(logged, candidate, in_service)
        return self._evaluate_plans(newest_lessons(held_out, _MOST_WIDGETS), candidate, in_service)

    def logged(self) -> list[LoggedDecision]:
        """The newest decisions with a usable outcome, oldest first."""
        refs = self.store.outcome_refs(self.rules.most_decisions)
        missing = [ref for ref in refs if ref not in self._cache]
        cache = {ref: self._cache[ref] for ref in refs if ref in self._cache}
        rows = self.store.logged_decisions(missing)
        for ref, (decision, scored) in zip(missing, rows, strict=True):
            cache[ref] = logged_decision(decision, scored, self.embedding)
        self._cache = cache
        return [one for ref in refs if (one := cache[ref]) is not None]

    def evaluate_decisions(
        self,
        logged: Sequence[LoggedDecision],
        candidate: ScorerVersion,
        in_service: ScorerVersion | None,
        power: float | None = None,
    ) -> ScorerEvaluation:
        """`logged` holds at least one decision; `power` is fitted to them if None."""
        if power is None:
            power = fitted_power([shown for one in logged for shown in one.impressions()])
        valued = [
            (one, value) for one in logged if (value := widget_values(one.plan, power)) is not None
        ]
        if not valued:
            return _NO_EVIDENCE
        used, values = [one for one, _ in valued], [value for _, value in valued]
        attention = [examination(len(one.shown), power) for one in used]
        predicted = predicted_values(used, values, attention)
        actual = [one.logged_exposure(at) for one, at in zip(used, attention, strict=True)]

        def contributions_of(policy: ScorerVersion | None) -> Contributions:
            exposures = [
                one.exposure([0.0] * len(one.places), CALLERS_ORDER, at)
                if policy is None
                else one.exposure(one.worths(policy.scorers, policy.policy), policy.policy, at)
                for one, at in zip(used, attention, strict=True)
            ]
            return contributions(
                used, values, predicted, exposures, actual, power, self.rules.most_weight
            )

        by_policy: dict[PolicyName, Contributions] = {"candidate": contributions_of(candidate)}
        if in_service is not None:
            by_policy["in_service"] = contributions_of(in_service)
        by_policy["caller"] = contributions_of(None)
        draws = resamples(len(used), self.seed)
        evidence = Evidence(
            basis="logged decisions",
            estimates=tuple(estimate(name, of, draws) for name, of in by_policy.items()),
            gains=gains(by_policy, draws),
        )
        in_service_gain = None
        if in_service is not None:
            difference = by_policy["in_service"].dr - by_policy["caller"].dr
            in_service_gain = interval_of(difference, draws)
        return ScorerEvaluation(evidence, in_service_gain, power)

    def _evaluate_plans(
        self, plans: Sequence[Lesson], candidate: ScorerVersion, in_service: ScorerVersion | None
    ) -> ScorerEvaluation:
        if len(plans) < self.rules.plans:
            return _NO_EVIDENCE
        draws = resamples(len(plans), self.seed)
        of_candidate, of_caller = concordance(plans, candidate), concordance(plans, None)
        if not of_candidate.clear.any():
            return _NO_EVIDENCE
        gains_over = {"caller": concordance_gain(of_candidate, of_caller, draws)}
        in_service_gain = None
        if in_service is not None:
            of_service = concordance(plans, in_service)
            gains_over["in_service"] = concordance_gain(of_candidate, of_service, draws)
            in_service_gain = concordance_gain(of_service, of_caller, draws)
        return ScorerEvaluation(Evidence(basis="held-out plans", gains=gains_over), in_service_gain)
