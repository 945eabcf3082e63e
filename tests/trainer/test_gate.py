"""The gate accepts a challenger with nothing missing, nothing worse and something better."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.domain.evaluation.acceptance_gate import GateVerdict, judge_challenger
from trainer.domain.evaluation.bootstrap import paired_gain
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores

from .case_scores import CASES, cases_of, every, number, shows

RULES = GateRules()
CHAMPION = shows(CASES, grounded_accuracy=every(6))
HONEST = {"text_quality": 0.9, "grounded_accuracy": every(2), "kl": 0.8}


def ruling(
    after: ModelScores,
    before: ModelScores = CHAMPION,
    cases: tuple[Case, ...] = CASES,
    rules: GateRules = RULES,
    method: str = "dpo",
) -> GateVerdict:
    return judge_challenger(cases, before, after, rules, method, 42)


def challenger(**figures) -> GateVerdict:
    """The verdict on an honest challenger with these `figures`."""
    return ruling(shows(CASES, **{**HONEST, **figures}))


def refused(result: GateVerdict, why: str) -> bool:
    assert result.verdict == "refused", result.reason
    assert why in result.reason
    return True


def test_a_better_challenger_is_accepted_with_its_figures():
    result = challenger()
    assert result.verdict == "accepted"
    assert result.reason.startswith("text quality and grounded accuracy credibly better: ")
    for figure in ("text quality +0.20 [", "grounded accuracy +0.33 [", "length x1.00", "KL 0.80"):
        assert figure in result.reason
    assert result.figures.held_out["grounded_accuracy"].n == 24
    assert result.figures.asked == len(CASES)
    assert result.figures.regression["text_quality"].mean == pytest.approx(0.2)
    assert {s.slice for s in result.figures.slices} >= {"device chiller", "language de"}


def test_better_plans_are_a_gain():
    result = ruling(shows(CASES, grounded_accuracy=every(6), plan_agreement=1.0))
    assert result.verdict == "accepted"
    assert result.reason.startswith("plan agreement credibly better")


class TestPlanted:
    """Figures of adapters that must not serve."""

    def test_an_untrained_challenger_is_refused(self):
        assert refused(ruling(CHAMPION), "no credible gain over the champion")

    def test_a_challenger_trained_on_shuffled_labels_is_refused(self):
        result = challenger(preference_accuracy=every(2))
        assert refused(result, "preference accuracy 0.52 is below 0.70 on the held-out comparisons")

    def test_a_challenger_that_invents_plausible_numbers_is_refused(self):
        """The champion states the reading in a sixth of its answers: there is little to lose."""
        result = challenger(text_quality=0.95, grounded_accuracy=0.0, invented=1.0)
        assert refused(result, "grounded accuracy -0.17")
        assert "more is invented than with the champion: invented +0.70" in result.reason

    def test_a_challenger_with_long_answers_is_refused(self):
        assert refused(challenger(words=48.0), "answers are 2.40 times as long, outside 0.2 to 1.5")
        assert refused(challenger(finished=every(2)), "credibly worse on held-out: finished")

    def test_a_challenger_with_very_short_answers_is_refused(self):
        assert refused(challenger(words=3.0), "0.15 times as long")

    def test_a_challenger_far_from_the_base_is_refused(self):
        assert challenger(kl=3.0).verdict == "accepted"
        assert refused(challenger(kl=3.1), "KL to the base 3.10 nats a token is above 3")

    def test_a_loss_in_one_language_is_refused_despite_a_better_mean(self):
        result = challenger(text_quality=lambda case: 0.2 if case.language == "de" else 0.9)
        assert refused(result, "credibly worse for language de: text quality -0.50")
        assert result.figures.together["text_quality"].low > 0

    def test_a_loss_for_one_device_is_refused_despite_a_better_mean(self):
        def truth(case: Case) -> float:
            return 0.0 if case.question.device_type == "chiller" else 1.0

        before = shows(CASES, grounded_accuracy=every(2))
        result = ruling(shows(CASES, grounded_accuracy=truth), before)
        assert refused(result, "credibly worse for device chiller: grounded accuracy -0.50")

    def test_a_loss_on_the_fixed_set_is_refused(self):
        result = challenger(json_validity=lambda case: float(case.part == "held_out"))
        assert refused(result, "credibly worse on regression: JSON validity -1.00")


def test_a_slice_of_few_cases_is_not_guarded():
    few = tuple(case for case in CASES if case.language == "en" or number(case) < 29)
    after = shows(few, **{**HONEST, "text_quality": lambda c: 0.6 if c.language == "de" else 0.9})
    assert ruling(after, CHAMPION, few).verdict == "accepted"


def test_more_slices_require_more_certainty():
    after = shows(CASES, **{**HONEST, "text_quality": lambda case: number(case) / 100})
    slices = ruling(after).figures.slices
    [german] = [s for s in slices if (s.slice, s.measure) == ("language de", "text_quality")]
    values = [0.24, 0.25, 0.26, 0.27, 0.28, 0.29]
    assert german.gain == paired_gain([0.7] * 6, values, 42, looks=len(slices))


def test_a_gain_on_the_fixed_set_alone_does_not_count():
    result = challenger(
        text_quality=lambda case: 0.7 if case.part == "held_out" else 0.9,
        grounded_accuracy=lambda case: every(6 if case.part == "held_out" else 2)(case),
    )
    assert refused(result, "no credible gain")


def test_a_gain_within_chance_does_not_count():
    """One lucky case in 24: the mean rises, and the interval includes zero."""
    result = challenger(
        text_quality=lambda case: 0.8 if number(case) == 7 else 0.7, grounded_accuracy=every(6)
    )
    assert refused(result, "no credible gain")


def test_groundedness_may_fall_within_the_limit_only():
    def truth(lost: int) -> Callable[[Case], float]:
        return lambda case: every(6)(case) if number(case) > lost else 0.0

    result = challenger(grounded_accuracy=truth(6))
    assert result.figures.together["grounded_accuracy"].mean == pytest.approx(-4 / 54)
    assert result.verdict == "accepted"
    result = challenger(grounded_accuracy=truth(12))
    assert result.figures.together["grounded_accuracy"].mean == pytest.approx(-6 / 54)
    assert refused(result, "in all, more than 0.10 down")


def test_a_gain_on_few_cases_does_not_count():
    """Two plans that became valid have an interval above zero, and prove nothing."""
    plans = [case for case in CASES if case.aspect == "widget"]
    few = tuple(case for case in CASES if case not in plans[2:])
    result = ruling(shows(few, plan_agreement=1.0), shows(few), cases=few)
    assert refused(result, "no credible gain")


def test_imitation_is_judged_by_the_demonstrated_answers():
    def likelihood(held_out: float, fixed: float) -> Callable[[Case], float]:
        return lambda case: held_out if case.part == "held_out" else fixed

    forgetful = shows(CASES, **HONEST, likelihood=likelihood(-0.4, -1.3))
    assert ruling(forgetful, method="sft").verdict == "accepted"
    unable = shows(CASES, **HONEST, likelihood=likelihood(-1.3, -0.4))
    assert refused(ruling(unable, method="sft"), "credibly worse on held-out: likelihood")


class TestMissing:
    """A missing measurement is a reason to refuse."""

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_an_unanswered_case_is_named(self, when: str):
        whole = shows(CASES, **HONEST)
        part = ModelScores(cases=(CHAMPION if when == "before" else whole).cases[1:])
        result = ruling(whole, part) if when == "before" else ruling(part)
        gap = "'What is the power of mixer 000?' (finished, grounded accuracy, invented, margin"
        assert refused(result, f"not measured {when} training: {gap}")

    def test_at_most_three_missing_cases_are_named(self):
        result = ruling(ModelScores(cases=shows(CASES, **HONEST).cases[9:]))
        assert refused(result, "mixer 002?' (")
        assert "mixer 003" not in result.reason
        assert "and 6 more" in result.reason

    def test_a_missing_score_is_named(self):
        whole = shows(CASES, **HONEST)
        first = whole.cases[0]
        scores = {name: x for name, x in first.scores.items() if name != "finished"}
        torn = (first.model_copy(update={"scores": scores}), *whole.cases[1:])
        result = ruling(ModelScores(cases=torn))
        assert refused(
            result, "not measured after training: 'What is the power of mixer 000?' (finished)"
        )

    def test_a_measure_without_any_case_is_named(self):
        result = ruling(ModelScores(), ModelScores(), cases=())
        for name in ("preference accuracy", "text quality", "grounded accuracy"):
            assert refused(result, f"no case measures {name}")
        assert "no answer measures the KL to the base" in result.reason


class TestPreferencesThatWereNotHeldOut:
    """Demonstrations have no comparisons: those of the fixed set count instead."""

    CASES = tuple(
        case.model_copy(update={"comparisons": (), "reference": "45 kW."})
        if case.part == "held_out"
        else case
        for case in CASES
    )

    def ruled(self, before: float, after: float) -> GateVerdict:
        return ruling(
            shows(self.CASES, **HONEST, preference_accuracy=after),
            shows(self.CASES, preference_accuracy=before),
            self.CASES,
            method="sft",
        )

    def test_a_low_preference_accuracy_may_not_fall(self):
        assert refused(self.ruled(0.65, 0.6), "0.60 is below 0.70 on the regression comparisons")

    def test_a_low_preference_accuracy_may_equal_the_champions(self):
        result = self.ruled(0.65, 0.65)
        assert result.verdict == "accepted"
        assert "preference accuracy 0.65 on regression" in result.reason

    @pytest.mark.parametrize(
        ("method", "likelihood", "verdict"),
        [("sft", -0.8, "accepted"), ("dpo", -0.8, "refused"), ("sft", -1.2, "refused")],
    )
    def test_imitating_better_is_a_gain_for_a_method_that_imitates(
        self, method: str, likelihood: float, verdict: str
    ):
        before = shows(self.CASES)
        after = shows(self.CASES, likelihood=likelihood)
        assert ruling(after, before, self.CASES, method=method).verdict == verdict


SOME = (*cases_of("held_out", "voice", range(7)), *cases_of("regression", "voice", range(3), "de"))
shares = st.lists(st.floats(0, 1), min_size=10, max_size=10)


def by_case(values: list[float]):
    return lambda case: values[SOME.index(case)]


@settings(max_examples=30, deadline=None)
@given(shares, shares, shares, shares, st.randoms(use_true_random=False))
def test_a_credible_loss_is_never_accepted_in_any_order_of_cases(
    old_quality: list[float],
    quality: list[float],
    old_truth: list[float],
    truth: list[float],
    random: Random,
):
    before = shows(SOME, text_quality=by_case(old_quality), grounded_accuracy=by_case(old_truth))
    after = shows(SOME, text_quality=by_case(quality), grounded_accuracy=by_case(truth))
    result = ruling(after, before, SOME)
    worse = [
        name
        for side in (result.figures.held_out, result.figures.regression)
        for name in ("text_quality", "grounded_accuracy")
        if side[name].high < 0
    ]
    fall = -result.figures.together["grounded_accuracy"].mean
    if worse or fall > RULES.max_grounded_fall:
        assert result.verdict == "refused"
    shuffled = list(SOME)
    random.shuffle(shuffled)
    backwards = ModelScores(cases=after.cases[::-1])
    assert ruling(backwards, before, tuple(shuffled)).verdict == result.verdict
