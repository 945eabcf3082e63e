"""A challenger serves only with evidence: nothing missing, nothing worse, something better."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.domain.evaluation.acceptance_gate import GateRules, GateVerdict, judge_challenger
from trainer.domain.evaluation.bootstrap import paired_gain
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import ModelScores

from .judging import CASES, asked, every, number, shows

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
    """The ruling on an honest challenger but for `figures`."""
    return ruling(shows(CASES, **{**HONEST, **figures}))


def refused(found: GateVerdict, why: str) -> bool:
    assert found.verdict == "refused", found.reason
    assert why in found.reason
    return True


def test_one_that_answers_better_is_accepted_with_its_figures():
    found = challenger()
    assert found.verdict == "accepted"
    assert found.reason.startswith("text quality and grounded accuracy credibly better: ")
    for figure in ("text quality +0.20 [", "grounded accuracy +0.33 [", "length x1.00", "KL 0.80"):
        assert figure in found.reason
    assert found.figures.held_out["grounded_accuracy"].n == 24
    assert found.figures.regression["text_quality"].mean == pytest.approx(0.2)
    assert {s.slice for s in found.figures.slices} >= {"device chiller", "language de"}


def test_plans_that_became_right_are_a_gain_too():
    found = ruling(shows(CASES, grounded_accuracy=every(6), plan_agreement=1.0))
    assert found.verdict == "accepted"
    assert found.reason.startswith("plan agreement credibly better")


class TestPlanted:
    """Adapters that must not serve, as the figures they show."""

    def test_an_untrained_one_changes_nothing(self):
        assert refused(ruling(CHAMPION), "no credible gain over the champion")

    def test_one_taught_shuffled_labels_does_not_prefer_what_was_chosen(self):
        found = challenger(preference_accuracy=every(2))
        assert refused(found, "preference accuracy 0.52 is below 0.70 on the held-out comparisons")

    def test_one_that_pleases_the_rules_with_invented_numbers(self):
        """The champion states the reading in a sixth of its answers: there is little to lose."""
        found = challenger(text_quality=0.95, grounded_accuracy=0.0, invented=1.0)
        assert refused(found, "grounded accuracy -0.17")
        assert "more is invented in all: invented +0.70" in found.reason

    def test_one_rewarded_for_length(self):
        assert refused(challenger(words=48.0), "answers are 2.40 times as long, outside 0.2 to 1.5")
        assert refused(challenger(finished=every(2)), "credibly worse on held-out: finished")

    def test_one_that_has_almost_nothing_to_say(self):
        assert refused(challenger(words=3.0), "0.15 times as long")

    def test_one_far_from_the_base(self):
        assert challenger(kl=3.0).verdict == "accepted"
        assert refused(challenger(kl=3.1), "KL to the base 3.10 nats a token is above 3")

    def test_one_that_lost_a_language_while_the_mean_rose(self):
        found = challenger(text_quality=lambda case: 0.2 if case.language == "de" else 0.9)
        assert refused(found, "credibly worse for language de: text quality -0.50")
        assert found.figures.together["text_quality"].low > 0

    def test_one_that_lost_a_device_while_the_mean_rose(self):
        def truth(case: Case) -> float:
            return 0.0 if case.question.device_type == "chiller" else 1.0

        before = shows(CASES, grounded_accuracy=every(2))
        found = ruling(shows(CASES, grounded_accuracy=truth), before)
        assert refused(found, "credibly worse for device chiller: grounded accuracy -0.50")

    def test_one_that_forgot_the_fixed_set(self):
        found = challenger(json_validity=lambda case: float(case.part == "held_out"))
        assert refused(found, "credibly worse on regression: JSON validity -1.00")


def test_a_slice_of_few_cases_is_not_held_against_it():
    few = tuple(case for case in CASES if case.language == "en" or number(case) < 29)
    after = shows(few, **{**HONEST, "text_quality": lambda c: 0.6 if c.language == "de" else 0.9})
    assert ruling(after, CHAMPION, few).verdict == "accepted"


def test_the_more_slices_are_looked_at_the_surer_one_must_be():
    after = shows(CASES, **{**HONEST, "text_quality": lambda case: number(case) / 100})
    slices = ruling(after).figures.slices
    [german] = [s for s in slices if (s.slice, s.measure) == ("language de", "text_quality")]
    values = [0.24, 0.25, 0.26, 0.27, 0.28, 0.29]
    assert german.gain == paired_gain([0.7] * 6, values, 42, looks=len(slices))


def test_a_gain_on_the_fixed_set_alone_is_none():
    found = challenger(
        text_quality=lambda case: 0.7 if case.part == "held_out" else 0.9,
        grounded_accuracy=lambda case: every(6 if case.part == "held_out" else 2)(case),
    )
    assert refused(found, "no credible gain")


def test_a_gain_by_luck_is_none():
    """One lucky case in twenty-four: the mean is up, the interval reaches zero."""
    found = challenger(
        text_quality=lambda case: 0.8 if number(case) == 7 else 0.7, grounded_accuracy=every(6)
    )
    assert refused(found, "no credible gain")


def test_truth_may_fall_by_what_few_questions_cannot_tell_and_no_more():
    def truth(lost: int) -> Callable[[Case], float]:
        return lambda case: every(6)(case) if number(case) > lost else 0.0

    found = challenger(grounded_accuracy=truth(6))
    assert found.figures.together["grounded_accuracy"].mean == pytest.approx(-4 / 54)
    assert found.verdict == "accepted"
    found = challenger(grounded_accuracy=truth(12))
    assert found.figures.together["grounded_accuracy"].mean == pytest.approx(-6 / 54)
    assert refused(found, "in all, more than 0.10 down")


@pytest.mark.parametrize(("truth", "verdict"), [(2, "accepted"), (6, "refused")])
def test_who_stops_evading_numbers_may_invent_some_if_more_is_true(truth: int, verdict: str):
    found = challenger(grounded_accuracy=every(truth), invented=0.5)
    assert found.figures.together["invented"].low > 0
    assert found.verdict == verdict


def test_a_gain_on_a_few_cases_is_none():
    """Two plans that became valid leave no doubt to a bootstrap, and prove nothing."""
    plans = [case for case in CASES if case.aspect == "widget"]
    few = tuple(case for case in CASES if case not in plans[2:])
    found = ruling(shows(few, plan_agreement=1.0), shows(few), cases=few)
    assert refused(found, "no credible gain")


def test_imitation_is_judged_by_what_was_demonstrated():
    def likelihood(held_out: float, fixed: float) -> Callable[[Case], float]:
        return lambda case: held_out if case.part == "held_out" else fixed

    forgetful = shows(CASES, **HONEST, likelihood=likelihood(-0.4, -1.3))
    assert ruling(forgetful, method="sft").verdict == "accepted"
    unable = shows(CASES, **HONEST, likelihood=likelihood(-1.3, -0.4))
    assert refused(ruling(unable, method="sft"), "credibly worse on held-out: likelihood")


class TestMissing:
    """What was not measured is a reason to refuse, not to hope."""

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_case_that_was_not_answered_is_named(self, when: str):
        whole = shows(CASES, **HONEST)
        part = ModelScores(cases=(CHAMPION if when == "before" else whole).cases[1:])
        found = ruling(whole, part) if when == "before" else ruling(part)
        gap = "'What is the power of mixer 000?' (finished, grounded accuracy, invented, margin"
        assert refused(found, f"not measured {when} training: {gap}")

    def test_of_many_gaps_three_are_named(self):
        found = ruling(ModelScores(cases=shows(CASES, **HONEST).cases[9:]))
        assert refused(found, "mixer 002?' (")
        assert "mixer 003" not in found.reason
        assert "and 6 more" in found.reason

    def test_a_score_that_is_not_there_is_named(self):
        whole = shows(CASES, **HONEST)
        first = whole.cases[0]
        scores = {name: x for name, x in first.scores.items() if name != "finished"}
        torn = (first.model_copy(update={"scores": scores}), *whole.cases[1:])
        found = ruling(ModelScores(cases=torn))
        assert refused(
            found, "not measured after training: 'What is the power of mixer 000?' (finished)"
        )

    def test_a_measure_without_any_case_is_named(self):
        found = ruling(ModelScores(), ModelScores(), cases=())
        for name in ("preference accuracy", "text quality", "grounded accuracy"):
            assert refused(found, f"no case measures {name}")
        assert "no answer measures the KL to the base" in found.reason


class TestPreferencesThatWereNotHeldOut:
    """Demonstrations compare nothing: the fixed set's comparisons are asked instead."""

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

    def test_they_may_not_be_few_and_fewer(self):
        assert refused(self.ruled(0.65, 0.6), "0.60 is below 0.70 on the regression comparisons")

    def test_they_may_be_as_few_as_the_champions(self):
        found = self.ruled(0.65, 0.65)
        assert found.verdict == "accepted"
        assert "preference accuracy 0.65 on regression" in found.reason

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


SOME = (*asked("held_out", "voice", range(7)), *asked("regression", "voice", range(3), "de"))
shares = st.lists(st.floats(0, 1), min_size=10, max_size=10)


def by_case(values: list[float]):
    return lambda case: values[SOME.index(case)]


@settings(max_examples=30, deadline=None)
@given(shares, shares, shares, shares, st.randoms(use_true_random=False))
def test_nothing_credibly_worse_is_ever_accepted_and_order_does_not_matter(
    old_quality: list[float],
    quality: list[float],
    old_truth: list[float],
    truth: list[float],
    random: Random,
):
    before = shows(SOME, text_quality=by_case(old_quality), grounded_accuracy=by_case(old_truth))
    after = shows(SOME, text_quality=by_case(quality), grounded_accuracy=by_case(truth))
    found = ruling(after, before, SOME)
    worse = [
        name
        for side in (found.figures.held_out, found.figures.regression)
        for name in ("text_quality", "grounded_accuracy")
        if side[name].high < 0
    ]
    fell = found.figures.together["grounded_accuracy"].mean < -0.05
    if worse or fell:
        assert found.verdict == "refused"
    shuffled = list(SOME)
    random.shuffle(shuffled)
    backwards = ModelScores(cases=after.cases[::-1])
    assert ruling(backwards, before, tuple(shuffled)).verdict == found.verdict
