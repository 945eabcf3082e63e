"""Logged decisions with known true values of all widgets."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from ratchet.contract import Candidate, RankingPolicy, ServedWidget
from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import CHARACTERISTICS, Exploration, HashingEmbedding, explore
from trainer.domain.scorer.examination import Floats, examination
from trainer.domain.scorer.logged_decision import LoggedDecision, logged_decision
from trainer.domain.scorer.off_policy import Contributions, contributions
from trainer.domain.scorer.reward_model import predicted_values
from trainer.domain.scorer.targets import widget_values

from .conftest import decision, query, scored

POWER = 0.8
ATTENTION = examination(3, POWER)
PHRASES = (
    "how is",
    "what about",
    "show me",
    "tell me of",
    "where is",
    "why is",
    "is there",
    "give",
)
CANDIDATES = tuple(Candidate(scenario=name) for name in CORE_SCENARIOS[:6])
CONTEXTS = len(CHARACTERISTICS)
LOGGING = RankingPolicy(share=0.5, temperature=1.0)
GREEDY = RankingPolicy(share=0)

_RNG = np.random.default_rng(1)
SCORES = _RNG.uniform(0.1, 0.9, (CONTEXTS, len(CANDIDATES)))
VALUES = 2 * (SCORES - 0.5)
WORTHS = SCORES + _RNG.normal(0, 0.5, SCORES.shape)
WANTED = SCORES + _RNG.normal(0, 0.2, SCORES.shape)
_EMBEDDING = HashingEmbedding()


def logged(
    context: int,
    question: str,
    order: Sequence[int] = range(len(CANDIDATES)),
    *,
    judged: bool = True,
) -> LoggedDecision:
    """The first three of `order` were shown, each judged by its true score if `judged`.

    `context` is a characteristic, by its place.
    """
    characteristic = CHARACTERISTICS[context]
    made = decision(
        query=query(f"{question} {characteristic}", characteristics=(characteristic,)),
        candidates=CANDIDATES,
        limit=len(ATTENTION),
        order=tuple(order),
        worths=tuple(WORTHS[context].tolist()),
        policy=LOGGING,
    )
    widgets = tuple(
        ServedWidget(
            scenario=CANDIDATES[at].scenario, score=SCORES[context, at] if judged else None
        )
        for at in made.order[: made.limit]
    )
    found = logged_decision(made, scored(query=made.query, widgets=widgets), _EMBEDDING)
    assert found is not None
    return found


@cache
def exploration_of(context: int) -> Exploration:
    return explore(WORTHS[context].tolist(), CANDIDATES, LOGGING, len(ATTENTION))


@cache
def _exchanged(
    context: int, question: str, exchange: tuple[int, int] | None, judged: bool
) -> LoggedDecision:
    order = exploration_of(context).order_after(exchange)
    return logged(context, question, order, judged=judged)


def exposures(worths: Floats, policy: RankingPolicy) -> Floats:
    """The exposure of each candidate under a policy (contexts, 6)."""
    ones = [logged(context, PHRASES[0]) for context in range(CONTEXTS)]
    return np.stack(
        [one.exposure(of.tolist(), policy, ATTENTION) for one, of in zip(ones, worths, strict=True)]
    )


def true_value(of: Floats) -> float:
    """The mean value of a widget under exposures (contexts, 6); all contexts are equally likely."""
    return float((of * VALUES).sum() / of.sum())


class SyntheticDecisions:
    """`count` decisions of the logging policy, with noisy `values` of the shown widgets.

    Without a judge, all widgets of a plan have the value of the plan.
    """

    def __init__(self, count: int, seed: int, *, judged: bool = True) -> None:
        rng = np.random.default_rng(seed)
        self.contexts = rng.integers(CONTEXTS, size=count)
        self.logged: list[LoggedDecision] = []
        self.values: list[Floats] = []
        for context in self.contexts.tolist():
            question, drawn = PHRASES[rng.integers(len(PHRASES))], rng.random()
            exchange = exploration_of(context).exchange(drawn)
            one = _exchanged(context, question, exchange, judged)
            self.logged.append(one)
            if judged:
                noise = rng.normal(0, 0.3, len(ATTENTION))
                self.values.append(np.asarray(widget_values(one.plan, POWER)) + noise)
            else:
                whole = ATTENTION @ VALUES[context, list(one.shown)] / ATTENTION.sum()
                self.values.append(np.full(len(ATTENTION), whole + rng.normal(0, 0.3)))
        self.actual = [one.logged_exposure(ATTENTION) for one in self.logged]

    @property
    def truth(self) -> Floats:
        """The true value of each candidate of each decision (count, 6)."""
        return VALUES[self.contexts]

    def learned(self) -> Floats:
        """The predictions of the reward model (count, 6)."""
        return np.stack(predicted_values(self.logged, self.values, [ATTENTION] * len(self.logged)))

    def evaluation(
        self, target: Floats, predicted: Floats, most_weight: float = 100.0
    ) -> Contributions:
        """The contributions for the policy with exposures `target` (contexts, 6)."""
        return contributions(
            self.logged,
            self.values,
            list(predicted),
            list(target[self.contexts]),
            self.actual,
            POWER,
            most_weight,
        )
