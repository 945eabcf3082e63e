"""The gate refuses a challenger that states more that is false to captured prompts."""

import pytest

from ratchet.contract import GateFigures
from trainer.domain.evaluation.acceptance_gate import GateVerdict, judge_challenger
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.shadow.shadow_answers import ShadowAnswers

from .captured_calls import shadow
from .case_scores import CASES, shows

REASONS = {
    "untrue": "more answers to captured prompts are untrue than with the champion: untrue",
    "invented": "more is invented in answers to captured prompts than with the champion: invented",
}


def ruling(answers: ShadowAnswers | None, **rules: float) -> GateVerdict:
    """The verdict on a challenger that is better on the gate's questions."""
    before, after = shows(CASES), shows(CASES, text_quality=0.9, kl=0.8)
    return judge_challenger(
        CASES, before, after, GateRules(**rules), "dpo", 42, None, None, answers
    )


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
class TestFaults:
    def test_a_few_more_are_refused_although_chance_could_explain_them(
        self, name: str, reason: str
    ):
        result = ruling(shadow(64, {name: 10}, {name: 12}))
        assert result.verdict == "refused"
        gain = result.figures.shadow.gains[name]
        assert gain.low == 0
        assert result.reason == (
            f"{reason} {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}], 64 prompts"
        )

    def test_as_many_are_accepted(self, name: str, reason: str):
        assert ruling(shadow(64, {name: 10}, {name: 10})).verdict == "accepted"

    def test_one_more_is_within_the_limit_from_the_least_number_on(self, name: str, reason: str):
        assert ruling(shadow(50, {name: 10}, {name: 11})).verdict == "accepted"

    def test_the_limit_does_not_hold_for_fewer_prompts(self, name: str, reason: str):
        answers = shadow(49, {name: 10}, {name: 12})
        assert ruling(answers).verdict == "accepted"
        assert reason in ruling(answers, shadow_cases=49).reason

    def test_a_credible_rise_is_refused_with_few_prompts(self, name: str, reason: str):
        assert reason in ruling(shadow(20, {name: 0}, {name: 8})).reason
        assert reason in ruling(shadow(5, {name: 0}, {name: 5})).reason

    def test_four_prompts_refuse_nothing(self, name: str, reason: str):
        assert ruling(shadow(4, {name: 0}, {name: 4})).verdict == "accepted"

    def test_a_limit_of_1_leaves_the_credible_ones(self, name: str, reason: str):
        assert ruling(shadow(64, {name: 10}, {name: 12}), max_fault_rise=1).verdict == "accepted"
        assert reason in ruling(shadow(64, {name: 0}, {name: 12}), max_fault_rise=1).reason


def test_the_figures_have_both_models_and_the_gains():
    answers = shadow(
        64,
        {"grounded_accuracy": 16, "untrue": 40, "right_device": 32},
        {"grounded_accuracy": 48, "untrue": 8, "right_device": 64},
    )
    figures = ruling(answers).figures.shadow
    assert figures is not None
    assert figures.prompts == 64
    assert (figures.before.grounded_accuracy, figures.after.grounded_accuracy) == (0.25, 0.75)
    assert (figures.before.untrue, figures.after.untrue) == (0.625, 0.125)
    gain = figures.gains["right_device"]
    assert (gain.mean, gain.n) == (0.5, 64)
    assert 0.3 < gain.low < 0.5 < gain.high < 0.7


def test_the_reason_of_a_verdict_shows_them():
    result = ruling(shadow(64, {"untrue": 16}, {"untrue": 16}))
    assert result.verdict == "accepted"
    assert result.reason.endswith("untrue +0.00 [+0.00, +0.00] on 64 captured prompts")


def test_captured_prompts_show_no_gain_and_change_no_other_figure():
    before = shows(CASES)
    after = shows(CASES, kl=0.8)
    better = shadow(64, {"untrue": 40}, {"untrue": 0})
    result = judge_challenger(CASES, before, after, GateRules(), "dpo", 42, None, None, better)
    assert result.verdict == "refused"
    assert result.reason.startswith("no credible gain over the champion")
    alone = judge_challenger(CASES, before, after, GateRules(), "dpo", 42)
    assert result.figures.model_copy(update={"shadow": None}) == alone.figures


def test_without_captured_prompts_there_is_no_shadow():
    result = ruling(None)
    assert result.verdict == "accepted"
    assert result.figures.shadow is None
    assert "captured" not in result.reason


def test_figures_of_an_earlier_release_have_no_shadow():
    assert GateFigures.model_validate_json('{"asked": 24}').shadow is None
