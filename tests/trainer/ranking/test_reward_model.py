"""The reward model: cross-fitted predictions for widgets that were not shown."""

from collections.abc import Sequence

import numpy as np
import pytest

from trainer.domain.scorer.examination import Floats
from trainer.domain.scorer.holdout import fold_of
from trainer.domain.scorer.logged_decision import LoggedDecision
from trainer.domain.scorer.reward_model import predicted_values

from .synthetic_decisions import ATTENTION, CANDIDATES, CONTEXTS, PHRASES, logged
from .synthetic_decisions import VALUES as TRUTH


def history(*, judged: bool) -> tuple[list[LoggedDecision], list[Floats], Floats]:
    """800 decisions in random order, noisy values of the shown widgets, and the truth (800, 6).

    Without a judge, all widgets of a plan have the value of the plan.
    """
    rng = np.random.default_rng(6)
    contexts = rng.integers(CONTEXTS, size=800)
    seen, values = [], []
    for context in contexts.tolist():
        order = rng.permutation(len(CANDIDATES)).tolist()
        seen.append(logged(context, PHRASES[rng.integers(len(PHRASES))], order, judged=judged))
        shown = TRUTH[context, order[: len(ATTENTION)]]
        mean = ATTENTION @ shown / ATTENTION.sum()
        values.append((shown if judged else mean) + rng.normal(0, 0.3, len(ATTENTION)))
    return seen, values, TRUTH[contexts]


SEEN, VALUES, TRUE = history(judged=True)


def predicted(seen: Sequence[LoggedDecision], values: Sequence[Floats]) -> Floats:
    """The prediction for each candidate (decisions, 6)."""
    return np.stack(predicted_values(seen, values, [ATTENTION] * len(seen)))


def test_values_that_depend_on_scenario_and_characteristic_are_recovered():
    assert np.corrcoef(predicted(SEEN, VALUES).ravel(), TRUE.ravel())[0, 1] > 0.9


def test_candidates_that_were_not_shown_are_predicted():
    hidden = np.ones(TRUE.shape, bool)
    for at, one in enumerate(SEEN):
        hidden[at, list(one.shown)] = False
    assert np.corrcoef(predicted(SEEN, VALUES)[hidden], TRUE[hidden])[0, 1] > 0.9


def test_plans_rated_as_a_whole_separate_their_widgets():
    seen, values, true = history(judged=False)
    assert np.corrcoef(predicted(seen, values).ravel(), true.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("judged", [True, False])
def test_only_a_judge_separates_widgets_that_are_always_shown_together(judged: bool):
    together = [logged(0, question, judged=judged) for question in PHRASES] * 10
    good, bad, _ = predicted(together, [np.array([0.9, -0.9, 0.0])] * len(together))[0, :3]
    assert (good - bad > 1.5) == judged


@pytest.mark.parametrize("question", ["how is", "give"])
def test_a_prediction_uses_no_decision_of_the_same_kind(question: str):
    kind = logged(0, question).kind
    changed = [
        value + 100 if one.kind == kind else value for one, value in zip(SEEN, VALUES, strict=True)
    ]
    moved = (predicted(SEEN, VALUES) != predicted(SEEN, changed)).any(axis=1)
    own = np.array([one.kind == kind for one in SEEN])
    assert own.any()
    assert not moved[own].any()
    assert moved.tolist() == [fold_of(one.kind, 2) != fold_of(kind, 2) for one in SEEN]


def test_equal_values_predict_the_mean():
    same = [np.full(len(ATTENTION), 0.25) for _ in SEEN]
    assert predicted(SEEN, same) == pytest.approx(np.full(TRUE.shape, 0.25))


def test_a_rarely_shown_scenario_stays_near_the_mean():
    """One decision of eight showed it, with a high value."""
    rare = [logged(0, question, [0, 1, 2, 3, 4, 5]) for question in PHRASES]
    rare[0] = logged(0, PHRASES[0], [0, 1, 5, 2, 3, 4])
    values = [np.zeros(len(ATTENTION)) for _ in rare]
    values[0] = np.array([0.0, 0.0, 0.9])
    assert 0 < predicted(rare, values)[:, 5].max() < 0.6


def test_a_single_kind_is_predicted_from_itself():
    alone = [logged(0, "how is")] * 50
    found = predicted(alone, [np.array([0.5, 0.0, -0.5])] * 50)
    assert found[0, :3] == pytest.approx([0.5, 0.0, -0.5], abs=0.05)
