"""The gate refuses a challenger that is less true than the champion, or than the base."""

from collections.abc import Callable

import pytest

from trainer.domain.evaluation.acceptance_gate import GateVerdict, judge_challenger
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores

from .case_scores import Figure, cases_of, number, shows

CASES = (
    *cases_of("held_out", "voice", range(100)),
    *cases_of("held_out", "voice", range(100, 120), listed=False),
)
BETTER = {"text_quality": 0.9, "kl": 0.8}


def some(count: int, *, rest: float = 0.0) -> Callable[[Case], float]:
    """1 - `rest` on the first `count` cases, `rest` on the others."""
    return lambda case: 1 - rest if number(case) < count else rest


def ruling(
    before: Figure, after: Figure, name: str, base: Figure | None = None, **rules: float
) -> GateVerdict:
    """The verdict where champion, challenger and base differ in one measure of truth."""
    return judge_challenger(
        CASES,
        shows(CASES, **{name: before}),
        shows(CASES, **BETTER, **{name: after}),
        GateRules(**rules),
        "dpo",
        42,
        None if base is None else shows(CASES, **{name: base}),
    )


FAULTS = {
    "untrue": "more answers are untrue than with",
    "invented": "more is invented than with",
    "refused": "listed readings are called absent more often than with",
}
RIGHT = {
    "right_device": "the right device is named less often than with",
    "right_direction": "the right direction is named less often than with",
    "precision": "a smaller share of the statements is true than with",
}


@pytest.mark.parametrize(("name", "reason"), FAULTS.items())
class TestFaults:
    def test_a_few_more_are_refused_although_chance_could_explain_them(
        self, name: str, reason: str
    ):
        result = ruling(some(10), some(13), name)
        assert result.verdict == "refused"
        assert f"{reason} the champion: {name} +0.0" in result.reason

    def test_as_many_are_accepted(self, name: str, reason: str):
        assert ruling(some(10), some(11), name).verdict == "accepted"

    def test_more_than_by_the_base_are_refused_where_the_champion_had_as_many(
        self, name: str, reason: str
    ):
        result = ruling(some(10), some(10), name, base=some(5))
        assert result.verdict == "refused"
        assert result.reason == f"{reason} the base: {name} {_of(result, name)}"


def _of(result: GateVerdict, name: str) -> str:
    gain = result.figures.over_base[name]
    return f"{gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"


@pytest.mark.parametrize(("name", "reason"), RIGHT.items())
class TestRight:
    def test_a_few_fewer_are_refused(self, name: str, reason: str):
        result = ruling(some(10, rest=1), some(13, rest=1), name)
        assert result.verdict == "refused"
        assert f"{reason} the champion: {name.replace('_', ' ')} -0.0" in result.reason

    def test_as_many_are_accepted(self, name: str, reason: str):
        assert ruling(some(10, rest=1), some(11, rest=1), name).verdict == "accepted"

    def test_fewer_than_by_the_base_are_refused(self, name: str, reason: str):
        result = ruling(some(10, rest=1), some(10, rest=1), name, base=1.0)
        assert result.verdict == "refused"
        assert result.reason.startswith(f"{reason} the base: ")


def test_absent_readings_may_not_be_stated_more_often():
    result = ruling(some(105), some(106), "stated_absent")
    assert result.verdict == "refused"
    assert "absent readings are stated more often than with the champion" in result.reason
    assert result.figures.together["stated_absent"].n == 20


def test_a_credible_rise_is_refused_whatever_the_limit():
    result = ruling(0.0, some(10), "untrue", max_fault_rise=1.0)
    assert result.verdict == "refused"
    assert "more answers are untrue than with the champion: untrue +0.08" in result.reason


def test_a_credible_fall_is_refused_whatever_the_limit():
    result = ruling(1.0, some(10, rest=1), "right_device", max_right_fall=1.0)
    assert result.verdict == "refused"
    assert "the right device is named less often" in result.reason


def test_stating_the_absence_is_a_gain():
    result = judge_challenger(
        CASES,
        shows(CASES, absent=0.0),
        shows(CASES, absent=some(110, rest=1), kl=0.8),
        GateRules(),
        "dpo",
        42,
    )
    assert result.verdict == "accepted"
    assert result.reason.startswith("absence stated credibly better")


def test_credibly_fewer_stated_absences_are_refused():
    result = ruling(1.0, some(110), "absent")
    assert result.verdict == "refused"
    assert "credibly worse on held-out: absence stated" in result.reason


def test_a_share_of_few_answers_is_not_compared():
    """Five answers state a direction: one wrong one would be a fall by 0.2."""

    def of_five(wrong: int) -> Callable[[Case], float | None]:
        return lambda case: float(number(case) >= wrong) if number(case) < 5 else None

    assert ruling(of_five(0), of_five(1), "right_direction").verdict == "accepted"
    result = ruling(of_five(0), of_five(1), "right_direction", share_cases=5)
    assert "the right direction is named less often" in result.reason


def test_precision_is_over_the_answers_that_state_something():
    """The champion evades where it is not sure; the challenger states more, half of it false."""

    def evades(case: Case) -> float | None:
        return 1.0 if number(case) < 20 else None

    result = ruling(evades, some(60), "precision")
    assert result.verdict == "refused"
    assert "a smaller share of the statements is true than with the champion" in result.reason
    assert result.figures.together["precision"].mean == pytest.approx(0.5 - 1)
    assert result.figures.together["precision"].n == 20


def test_a_case_that_the_base_did_not_answer_is_named():
    torn = ModelScores(cases=shows(CASES).cases[1:])
    after = shows(CASES, **BETTER)
    result = judge_challenger(CASES, shows(CASES), after, GateRules(), "dpo", 42, torn)
    assert result.verdict == "refused"
    assert "not measured of the base: 'What is the power of pump 000?' (grounded" in result.reason


def test_where_the_base_is_the_champion_nothing_is_compared_twice():
    assert ruling(some(10), some(10), "untrue").figures.over_base == {}
