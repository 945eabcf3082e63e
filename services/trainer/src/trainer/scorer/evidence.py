"""What speaks for a candidate: logged decisions where there are enough, held-out plans before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ratchet.contract import CALLERS_ORDER, Evidence, Interval, PolicyName
from ratchet.ranking import Embedding
from trainer.domain.scorer.concordance import agreement, gain, newest
from trainer.domain.scorer.examination import examination, fitted_power
from trainer.domain.scorer.lesson import Lesson
from trainer.domain.scorer.logged_decision import Logged, LoggedOutcome, logged_of
from trainer.domain.scorer.off_policy import (
    Contributions,
    contributions,
    estimated,
    gains,
    interval_of,
    resamples,
)
from trainer.domain.scorer.reward_model import predicted_values
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.serving import Serving
from trainer.domain.scorer.targets import widget_values
from trainer.scorer.ports import RankingStore

_MOST_WIDGETS = 2_000
"""Held-out plans are compared widget by widget: as many squared."""


class Weighed(NamedTuple):
    """`serving` is the gain of the scorer in service over the caller's order, None without one.

    `power` is the fitted fall of attention, None where no decision was logged.
    """

    evidence: Evidence
    serving: Interval | None = None
    power: float | None = None


@dataclass
class Weighing:
    """Blocks on the store: call it in a thread. Keeps what it has read of each decision."""

    store: RankingStore
    embedding: Embedding
    rules: PublishingRules
    seed: int
    _known: dict[LoggedOutcome, Logged | None] = field(default_factory=dict)

    def weigh(
        self, candidate: Serving, in_service: Serving | None, held_out: Sequence[Lesson]
    ) -> Weighed:
        logged = self.logged()
        if len(logged) >= self.rules.decisions:
            return self.by_decisions(logged, candidate, in_service)
        return self._by_plans(newest(held_out, _MOST_WIDGETS), candidate, in_service)

    def logged(self) -> list[Logged]:
        """The newest decisions with an outcome that says something, oldest first."""
        outcomes = self.store.outcomes(self.rules.most_decisions)
        missing = [outcome for outcome in outcomes if outcome not in self._known]
        known = {outcome: self._known[outcome] for outcome in outcomes if outcome in self._known}
        for outcome, (decision, scored) in zip(missing, self.store.logged(missing), strict=True):
            known[outcome] = logged_of(decision, scored, self.embedding)
        self._known = known
        return [one for outcome in outcomes if (one := known[outcome]) is not None]

    def by_decisions(
        self,
        logged: Sequence[Logged],
        candidate: Serving,
        in_service: Serving | None,
        power: float | None = None,
    ) -> Weighed:
        """`logged` holds at least one decision; without a `power`, it is fitted to them."""
        if power is None:
            power = fitted_power([look for one in logged for look in one.looks()])
        valued = [
            (one, value) for one in logged if (value := widget_values(one.plan, power)) is not None
        ]
        if not valued:
            return Weighed(Evidence(basis="nothing yet"))
        seen, values = [one for one, _ in valued], [value for _, value in valued]
        looks = [examination(len(one.shown), power) for one in seen]
        predicted = predicted_values(seen, values, looks)
        actual = [one.logged_exposure(look) for one, look in zip(seen, looks, strict=True)]

        def of(policy: Serving | None) -> Contributions:
            exposures = [
                one.exposure([0.0] * len(one.places), CALLERS_ORDER, look)
                if policy is None
                else one.exposure(one.worths(policy.scorers, policy.policy), policy.policy, look)
                for one, look in zip(seen, looks, strict=True)
            ]
            return contributions(
                seen, values, predicted, exposures, actual, power, self.rules.most_weight
            )

        found: dict[PolicyName, Contributions] = {"candidate": of(candidate)}
        if in_service is not None:
            found["in_service"] = of(in_service)
        found["caller"] = of(None)
        draws = resamples(len(seen), self.seed)
        evidence = Evidence(
            basis="logged decisions",
            estimates=tuple(estimated(name, policy, draws) for name, policy in found.items()),
            gains=gains(found, draws),
        )
        serving = None
        if in_service is not None:
            serving = interval_of(found["in_service"].dr - found["caller"].dr, draws)
        return Weighed(evidence, serving, power)

    def _by_plans(
        self, plans: Sequence[Lesson], candidate: Serving, in_service: Serving | None
    ) -> Weighed:
        if len(plans) < self.rules.plans:
            return Weighed(Evidence(basis="nothing yet"))
        draws = resamples(len(plans), self.seed)
        found, caller = agreement(plans, candidate), agreement(plans, None)
        if not found.clear.any():
            return Weighed(Evidence(basis="nothing yet"))
        gains_over = {"caller": gain(found, caller, draws)}
        serving = None
        if in_service is not None:
            serves = agreement(plans, in_service)
            gains_over["in_service"] = gain(found, serves, draws)
            serving = gain(serves, caller, draws)
        return Weighed(Evidence(basis="held-out plans", gains=gains_over), serving)
