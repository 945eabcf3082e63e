"""Drift: the scorers follow changed preferences."""

from collections.abc import Iterable
from random import Random
from statistics import fmean

import pytest

from ratchet.contract import Intent, RankingQuery, ServedWidget
from ratchet_ranking import HashingEmbedding, scenario_indices, structure_inputs
from simulator.operators import draw_operators
from simulator.ranking_questions import RankingQuestion, draw_ranking_question
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.domain.scorer.lesson import ScoredRevision
from trainer.domain.scorer.rules import LearningRules

from .conftest import scored

pytestmark = pytest.mark.heavy

OPERATORS = draw_operators(Random(5), 9)
EMBEDDING = HashingEmbedding()


def asks(seed: int, count: int, *, drift: bool) -> list[RankingQuestion]:
    rng = Random(seed)
    return [draw_ranking_question(rng, OPERATORS, drift=drift) for _ in range(count)]


def judged(found: Iterable[RankingQuestion], first: int) -> list[ScoredRevision]:
    """The first four candidates of each question, judged by their true fit."""
    lessons = []
    for number, ask in enumerate(found, first):
        widgets = tuple(
            ServedWidget(scenario=option.scenario, score=ask.fits[option.scenario], size_fits=True)
            for option in ask.candidates[:4]
        )
        event = scored(f"q-{number}", widgets=widgets, query=question(ask), reward=None)
        lessons.append(ScoredRevision(number, event))
    return lessons


def question(ask: RankingQuestion) -> RankingQuery:
    return RankingQuery.of(ask.transcript, Intent.model_validate(ask.intent))


def fit_of_the_top_three(learner: ScorerLearner, found: Iterable[RankingQuestion]) -> float:
    scorers = learner.scorers()
    fits = []
    for ask in found:
        names = [option.scenario for option in ask.candidates]
        seen, _ = scorers.project_text(EMBEDDING.embed(ask.transcript))
        structure = structure_inputs(question(ask), len(names))
        scores = scorers.low_rank.score(seen, structure, scenario_indices(names)).tolist()
        best = sorted(range(len(names)), key=scores.__getitem__, reverse=True)[:3]
        fits.append(fmean(ask.fits[names[at]] for at in best))
    return fmean(fits)


def test_the_ranking_follows_changed_preferences():
    learner = ScorerLearner(LearningRules(), EMBEDDING)
    learner.learn(judged(asks(1, 700, drift=False), first=1))
    now = [ask for ask in asks(2, 300, drift=True) if ask.intent["primary_characteristic"] in
           ("energy", "trend")]  # fmt: skip
    lost = fit_of_the_top_three(learner, now)
    learner.learn(judged(asks(3, 1_500, drift=True), first=1_000))
    assert fit_of_the_top_three(learner, now) > lost + 0.1
