"""Admission: whether a scored revision teaches, or why not."""

import pytest

from ratchet.contract import ServedWidget
from trainer.domain.scorer.lesson import OLDER, QUOTA, SILENT, skip_reason
from trainer.domain.scorer.rules import LearningRules

from .conftest import scored

RULES = LearningRules(per_user_per_day=3, unnamed_per_day=5)
UNTOUCHED = ServedWidget(scenario="kpi")


def test_the_first_revision_of_an_answer_teaches():
    assert skip_reason(scored(), newest=0, taught_today=0, rules=RULES) is None


def test_a_newer_revision_teaches():
    assert skip_reason(scored(revision=3), newest=2, taught_today=0, rules=RULES) is None


@pytest.mark.parametrize("newest", [2, 3])
def test_an_older_revision_or_the_same_again_does_not_teach(newest: int):
    assert skip_reason(scored(revision=2), newest, taught_today=0, rules=RULES) == OLDER


def test_a_plan_without_feedback_does_not_teach():
    silent = scored(widgets=(UNTOUCHED,), reward=None)
    assert skip_reason(silent, newest=0, taught_today=0, rules=RULES) == SILENT


def test_an_answer_without_a_plan_does_not_teach():
    spoken = scored().model_copy(update={"plan": None})
    assert skip_reason(spoken, newest=0, taught_today=0, rules=RULES) == SILENT


def test_a_reward_without_widgets_does_not_teach():
    assert skip_reason(scored(widgets=()), newest=0, taught_today=0, rules=RULES) == SILENT


@pytest.mark.parametrize(
    ("widget", "reward"),
    [
        (UNTOUCHED, 0.0),
        (UNTOUCHED.model_copy(update={"touched": True}), None),
        (UNTOUCHED.model_copy(update={"score": 0.0}), None),
    ],
    ids=["a reward", "a touch", "a score"],
)
def test_a_single_reaction_is_enough(widget: ServedWidget, reward: float | None):
    heard = scored(widgets=(UNTOUCHED, widget), reward=reward)
    assert skip_reason(heard, newest=0, taught_today=0, rules=RULES) is None


def test_a_named_operator_teaches_below_the_daily_cap():
    assert skip_reason(scored(user_id="maria"), newest=0, taught_today=2, rules=RULES) is None


@pytest.mark.parametrize("taught", [3, 4])
def test_a_named_operators_day_ends_at_the_cap(taught: int):
    assert skip_reason(scored(user_id="maria"), 0, taught_today=taught, rules=RULES) == QUOTA


def test_unnamed_operators_share_a_separate_cap():
    assert skip_reason(scored(user_id=""), newest=0, taught_today=4, rules=RULES) is None
    assert skip_reason(scored(user_id=""), newest=0, taught_today=5, rules=RULES) == QUOTA


def test_the_cap_is_the_last_reason_to_skip_a_revision():
    silent = scored(widgets=(UNTOUCHED,), reward=None)
    assert skip_reason(scored(), newest=1, taught_today=9, rules=RULES) == OLDER
    assert skip_reason(silent, newest=0, taught_today=9, rules=RULES) == SILENT
