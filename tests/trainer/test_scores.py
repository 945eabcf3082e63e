"""The measures of one case, and their means over cases."""

from math import nan

import pytest

from trainer.domain.evaluation.measures import SHARES
from trainer.domain.evaluation.scores import (
    CaseObservation,
    GeneratedAnswer,
    ModelScores,
    expected_measures,
    model_scores,
)

from .case_scores import CASES, PLAN, cases_of, shows

[VOICE] = cases_of("held_out", "voice", [1])
[WIDGET] = cases_of("held_out", "widget", [1])
TRUE = "Pump 001 power is 45 kW. All is well."


def spoken(text: str, finished: bool = True) -> dict[str, float]:
    [case] = model_scores([VOICE], [CaseObservation(answer=GeneratedAnswer(text, finished))]).cases
    return case.scores


def planned(text: str) -> dict[str, float]:
    [case] = model_scores([WIDGET], [CaseObservation(answer=GeneratedAnswer(text, True))]).cases
    return case.scores


@pytest.mark.parametrize(
    ("answer", "grounded", "invented"),
    [
        (TRUE, 1.0, 0.0),
        ("Pump 001 power is 99 kW.", 0.0, 1.0),
        ("Pump 001 power is 45 kW, up from 99 kW.", 0.0, 1.0),
        ("Pump 001 is running.", 0.0, 0.0),
    ],
)
def test_a_grounded_answer_states_the_reading_and_invents_nothing(
    answer: str, grounded: float, invented: float
):
    scores = spoken(answer)
    assert (scores["grounded_accuracy"], scores["invented"]) == (grounded, invented)


def test_text_quality_does_not_see_an_invented_value():
    assert spoken("Pump 001 power is 99 kW. All is well.")["text_quality"] == pytest.approx(
        spoken(TRUE)["text_quality"]
    )


def test_length_is_in_words_and_an_answer_cut_off_is_not_finished():
    scores = spoken(TRUE, finished=False)
    assert (scores["words"], scores["finished"]) == (9.0, 0.0)


@pytest.mark.parametrize(
    ("plan", "valid", "agreement"),
    [
        (PLAN, 1.0, 1.0),
        (PLAN.replace("normal", "hero"), 1.0, 0.0),
        (PLAN.replace("kpi", "pie"), 0.0, 0.0),
        ("Here is the plan: kpi", 0.0, 0.0),
    ],
)
def test_a_plan_is_scored_by_validity_and_agreement(plan: str, valid: float, agreement: float):
    scores = planned(plan)
    assert (scores["json_validity"], scores["plan_agreement"]) == (valid, agreement)


def test_comparisons_of_one_case_are_a_share_and_a_mean_margin():
    seen = CaseObservation(comparisons=((-1.0, -1.5), (-1.0, -0.9)), reference=-0.7)
    [case] = model_scores([VOICE], [seen]).cases
    assert case.scores["preference_accuracy"] == 0.5
    assert case.scores["margin"] == pytest.approx(0.2)
    assert case.scores["likelihood"] == -0.7
    assert case.answer is None


def test_equal_likelihoods_prefer_nothing():
    [case] = model_scores([VOICE], [CaseObservation(comparisons=((-1.0, -1.0),))]).cases
    assert case.scores["preference_accuracy"] == 0.0


def test_a_value_that_is_not_finite_counts_as_not_measured():
    seen = CaseObservation(comparisons=((nan, -1.0),), reference=nan, kl=nan)
    [case] = model_scores([VOICE], [seen]).cases
    assert case.scores == {}


def test_each_case_has_its_expected_measures():
    assert expected_measures(VOICE) == {
        "preference_accuracy", "margin", "text_quality", "grounded_accuracy", "refused",
        "untrue", "invented", "right_device", "finished", "words",
    }  # fmt: skip
    assert expected_measures(WIDGET) == {
        "preference_accuracy", "margin", "likelihood", "json_validity", "plan_agreement",
        "finished",
    }  # fmt: skip
    silent = VOICE.model_copy(update={"asks": False, "comparisons": ()})
    assert expected_measures(silent) == frozenset()


def test_a_complete_evaluation_has_all_expected_measures():
    answers = {"voice": TRUE, "widget": PLAN}
    seen = [
        CaseObservation(
            answer=GeneratedAnswer(answers[case.aspect], True),
            comparisons=((-1.0, -2.0),),
            reference=None if case.reference is None else -1.0,
        )
        for case in CASES
    ]
    result = model_scores(CASES, seen)
    assert [case.case_id for case in result.cases] == [case.case_id for case in CASES]
    for case, scored in zip(CASES, result.cases, strict=True):
        assert scored.scores.keys() - SHARES == expected_measures(case)


def test_means_are_over_the_cases_that_have_the_measure():
    judged = shows(CASES, text_quality=lambda case: float(case.language == "de"))
    german = [case for case in CASES if case.language == "de"]
    assert judged.means(german).text_quality == 1.0
    assert judged.means(german).json_validity is None
    assert judged.means(CASES).text_quality == pytest.approx(6 / 54)
    assert ModelScores().means(CASES).text_quality is None
