"""A challenger serves only with evidence; an untrained adapter has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.events.run import Interval
from trainer.domain.bootstrap import paired_gain
from trainer.domain.gate import GateRules, rule
from trainer.domain.scores import Judged, gains, judge

from .conftest import judged, training_pairs

RULES = GateRules(min_preference_accuracy=0.9)


def ruling(before: Judged, after: Judged):
    return rule(after.scores, gains(before, after, 42), RULES)


def test_a_challenger_that_learnt_and_answers_better_is_accepted_with_figures():
    found = ruling(judged(0.8, 0.1), judged(0.9, 0.6, 1.0))
    assert found.verdict == "accepted"
    assert "text quality +0.10 [+0.10, +0.10]" in found.reason
    assert "grounded accuracy +0.50" in found.reason
    assert "preference accuracy 1.00" in found.reason


def test_an_untrained_adapter_is_refused():
    """Its loss is 0.693 and its answers are the base's: no gain, and no preference learnt."""
    found = ruling(judged(0.8, 0.1), judged(0.8, 0.1, 0.0))
    assert found.verdict == "refused"
    assert "preference accuracy 0.00 is below 0.90" in found.reason


def test_preferences_alone_are_not_enough():
    found = ruling(judged(0.8, 0.1), judged(0.8, 0.1, 1.0))
    assert found.verdict == "refused"
    assert found.reason.startswith("no credible gain over the champion")


def test_plans_that_became_valid_are_a_gain_too():
    def plans(valid: float, preferred: float | None = None) -> Judged:
        return judged(0.8, 0.1, preferred).model_copy(update={"valid_json": (valid,) * 8})

    found = ruling(plans(0.0), plans(1.0, 1.0))
    assert found.verdict == "accepted"
    assert found.reason.startswith("JSON validity credibly better")


@pytest.mark.parametrize(
    ("after", "named"),
    [
        (judged(0.7, 0.9, 1.0), "credibly worse: text quality"),
        (judged(0.9, 0.0, 1.0), "credibly worse: grounded accuracy"),
    ],
)
def test_nothing_may_be_paid_for_with_the_other(after: Judged, named: str):
    found = ruling(judged(0.8, 0.1), after)
    assert found.verdict == "refused"
    assert named in found.reason


def test_broken_json_is_not_paid_for_with_better_speech():
    before = judged(0.8, 0.1).model_copy(update={"valid_json": (1.0,) * 8})
    after = judged(0.9, 0.6, 1.0).model_copy(update={"valid_json": (0.0,) * 8})
    assert "JSON validity -1.00" in ruling(before, after).reason


def test_what_was_not_measured_is_named_and_refused():
    found = ruling(Judged(), Judged())
    assert found.verdict == "refused"
    for missing in ("preference accuracy", "text quality", "grounded accuracy"):
        assert missing in found.reason


def test_a_gain_by_luck_is_no_gain():
    """One lucky case in twenty: the mean is up, the interval reaches zero."""
    after = judged(0.8, 0.1, 1.0).model_copy(update={"text_quality": (*(0.8,) * 19, 0.9)})
    assert ruling(judged(0.8, 0.1), after).verdict == "refused"


cases = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@given(cases, st.integers(0, 3))
def test_the_interval_holds_its_mean_and_is_the_same_again(
    pairs: list[tuple[float, float]], seed: int
):
    before, after = zip(*pairs, strict=True)
    gain = paired_gain(before, after, seed)
    assert gain.low - 1e-9 <= gain.mean <= gain.high + 1e-9
    assert gain == paired_gain(before, after, seed)
    assert gain.n == len(pairs)


def test_equal_gains_leave_no_doubt():
    gain = paired_gain([0.1] * 9, [0.4] * 9, 1)
    assert gain == Interval(mean=gain.mean, low=gain.mean, high=gain.mean, n=9)
    assert gain.mean == pytest.approx(0.3)


@pytest.mark.parametrize("after", [[], [0.1, 0.2]])
def test_cases_come_in_pairs(after: list[float]):
    with pytest.raises(ValueError, match="paired cases"):
        paired_gain([0.1][: len(after)], after, 1)


def test_an_invented_value_scores_well_for_form_and_not_at_all_for_truth():
    (pair,) = training_pairs(1)
    truth, invention = judge(
        [pair] * 2, [pair.chosen, "Pump 001 power is 99 kW."], [], [], []
    ).grounded
    assert (truth, invention) == (1.0, 0.0)


def test_a_plan_that_is_no_json_is_invalid():
    (pair,) = training_pairs(1)
    plans = ['{"widgets":[{"scenario":"kpi","size":"normal"}]}', "Here is the plan: kpi"]
    assert judge([], [], [pair] * 2, plans, []).valid_json == (1.0, 0.0)
