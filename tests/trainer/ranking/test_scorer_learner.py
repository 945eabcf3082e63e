"""The scorers depend on the revisions and their order alone, to the bit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from ratchet.contract import ServedWidget
from ratchet_ranking import HashingEmbedding, Scorers, scenario_indices, structure_inputs
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.domain.scorer.lesson import ScoredRevision
from trainer.domain.scorer.rules import LearningRules

from .conftest import query, scored
from .judged_plans import (
    GOOD_CHATSTREAM,
    HELD_OUT,
    TRAINING,
    judged,
    judged_plans,
    numbered,
    unseen_question,
)

pytestmark = pytest.mark.heavy

RULES = LearningRules(steps=2, replay=12, validation=4, validate_every=2, patience=8)


def a_learner(rules: LearningRules = RULES) -> ScorerLearner:
    return ScorerLearner(rules, HashingEmbedding())


def learned(revisions: Sequence[ScoredRevision], rules: LearningRules = RULES) -> ScorerLearner:
    learner = a_learner(rules)
    learner.learn(revisions)
    return learner


def bits(learner: ScorerLearner) -> dict[str, bytes]:
    return {name: tensor.tobytes() for name, tensor in learner.weights().items()}


def test_the_same_revisions_in_the_same_order_give_the_same_bits() -> None:
    revisions = judged_plans(60)
    one, other = learned(revisions), learned(revisions)
    assert bits(one) == bits(other)
    assert one.save() == other.save()


def test_another_order_gives_other_bits() -> None:
    events = [judged(number) for number in range(20)]
    assert bits(learned(numbered(events))) != bits(learned(numbered(reversed(events))))


def test_held_out_questions_validate_and_never_change_weights() -> None:
    events = [judged(number, question=question) for number, question in enumerate(HELD_OUT * 2)]
    learner = learned(numbered(events), LearningRules())
    assert bits(learner) == bits(a_learner(LearningRules()))
    progress = learner.progress
    assert (progress.taught, progress.steps, progress.replay) == (0, 0, 0)
    assert progress.heard_of == progress.validation == len(learner.held_out) == len(events)
    learner.learn(numbered((judged(at, question=TRAINING[at]) for at in range(10)), 100))
    assert len(learner.progress.widgets.validation) == len(learner.progress.plans.validation) == 1
    assert learner.progress.widgets.best == learner.progress.widgets.validation[0] > 0


def test_weights_do_not_depend_on_held_out_revisions() -> None:
    rules = RULES.model_copy(update={"patience": 10_000})
    revisions = judged_plans(60)
    taught = learned(revisions, rules)
    held_out = {lesson.sequence for lesson in learned(revisions, LearningRules()).held_out}
    assert len(held_out) >= 8
    others = [scored for scored in revisions if scored.sequence not in held_out]
    assert bits(learned(others, rules)) == bits(taught)


def test_a_new_revision_takes_the_place_of_the_old_one() -> None:
    question = TRAINING[0]
    learner = learned(numbered([judged(1, question=question), judged(2, question=question)]))
    assert learner.progress.replay == 2
    learner.learn([ScoredRevision(3, judged(1, question=question, revision=2))])
    assert (learner.progress.replay, learner.progress.taught) == (2, 3)


def test_the_oldest_experiences_leave_the_replay_buffer() -> None:
    question = TRAINING[0]
    learner = learned(numbered(judged(number, question=question) for number in range(20)))
    assert (learner.progress.replay, learner.progress.taught) == (12, 20)


def test_a_revision_that_does_not_teach_only_moves_the_cursor() -> None:
    learner = learned(judged_plans(10))
    before, known = bits(learner), learner.progress
    learner.learn([ScoredRevision(11, judged(11), teaches=False)])
    assert bits(learner) == before
    assert (learner.progress.cursor, learner.progress.heard_of) == (11, known.heard_of + 1)
    assert (learner.progress.taught, learner.progress.replay) == (known.taught, known.replay)


def test_another_seed_gives_other_weights() -> None:
    other = RULES.model_copy(update={"seed": 43})
    assert bits(a_learner(other)) != bits(a_learner())
    assert bits(learned(judged_plans(5), other)) != bits(learned(judged_plans(5)))


def test_global_random_generators_are_not_used() -> None:
    torch.manual_seed(7)
    np.random.seed(7)
    of_torch, of_numpy = torch.get_rng_state(), np.random.get_state()[1].tobytes()
    learned(judged_plans(5))
    assert torch.equal(torch.get_rng_state(), of_torch)
    assert np.random.get_state()[1].tobytes() == of_numpy


def test_the_learning_rate_falls_on_a_plateau_and_resets_on_drift() -> None:
    rules = RULES.model_copy(update={"validation": 40, "patience": 4, "improvement": 0.1})
    learner = learned(judged_plans(150), rules)
    slow = learner.progress.schedule
    assert slow.decays > 0
    assert slow.rate < rules.learning_rate
    turned = (judged(number, GOOD_CHATSTREAM) for number in range(150, 300))
    learner.learn(numbered(turned, first=151))
    assert learner.progress.schedule.restarts > 0


def test_the_learning_rate_scales_the_step() -> None:
    state = learned(judged_plans(20)).save()

    def moved(rate: float) -> float:
        schedule = state.progress.schedule.model_copy(update={"rate": rate})
        progress = state.progress.model_copy(update={"schedule": schedule})
        learner = a_learner()
        learner.restore(state._replace(progress=progress), judged_plans(20))
        before = learner.weights()["A.weight"]
        learner.learn([ScoredRevision(21, judged(21, question=TRAINING[0]))])
        return float(np.abs(learner.weights()["A.weight"] - before).mean())

    assert moved(1e-3) / moved(1e-5) == pytest.approx(100, rel=0.1)


def alerts_and_chatstream(scorers: Scorers) -> tuple[float, float]:
    question = unseen_question()
    text, _ = scorers.project_text(HashingEmbedding().embed(question.transcript))
    places = scenario_indices(["alerts", "chatstream"])
    alerts, chatstream = scorers.low_rank.score(text, structure_inputs(question, 2), places)
    return float(alerts), float(chatstream)


def test_good_widgets_score_higher_for_an_unseen_question() -> None:
    alerts, chatstream = alerts_and_chatstream(
        learned(judged_plans(150), LearningRules()).scorers()
    )
    assert alerts > 0.1 > -0.1 > chatstream
    turned = learned(judged_plans(150, GOOD_CHATSTREAM), LearningRules())
    alerts, chatstream = alerts_and_chatstream(turned.scorers())
    assert alerts < -0.1 < 0.1 < chatstream


def test_unusual_plans_leave_all_weights_finite() -> None:
    nothing_shown = {"widgets": (), "missing": ("trend",), "reward": 1.0}
    many = tuple(ServedWidget(scenario=f"made up {n}", score=1.0, touched=True) for n in range(50))
    odd: list[dict[str, Any]] = [
        nothing_shown,
        {**nothing_shown, "missing": ()},
        {"widgets": many, "missing": ("trend", "made up"), "reward": 1e30, "engaged": True},
        {"widgets": many[:1], "reward": -1e30, "query": query("", devices=-3, confidence=1e30)},
        {"widgets": many[:2], "reward": None, "query": query("pump " * 5_000, domains=("a",) * 99)},
        {"widgets": (ServedWidget(scenario="kpi", score=1e30, size_fits=False),)},
    ]
    learner = learned(numbered(scored(f"odd-{at}", **plan) for at, plan in enumerate(odd * 20)))
    assert learner.progress.heard_of == len(odd) * 20
    assert all(np.isfinite(tensor).all() for tensor in learner.weights().values())
