"""The measures of a spoken answer's truth, with the asked reading listed or not."""

import pytest

from ratchet.contract import Reading
from ratchet.measures import voice_prompt
from ratchet_truth import RequestedReading
from trainer.domain.evaluation.answer_truth import expected_truth, truth_scores
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.measures import SHARES
from trainer.domain.examples.truth import spoken_situation

from .case_scores import cases_of

[LISTED] = cases_of("held_out", "voice", [1])
[ABSENT] = cases_of("held_out", "voice", [1], listed=False)
EVERY = {"untrue", "invented", "right_device"}


def asking(text: str, prompt: str) -> Case:
    question = LISTED.question.model_copy(update={"text": text, "asked": None})
    return LISTED.model_copy(update={"question": question, "prompt": prompt})


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Pump 001 power is 45 kW.", {"grounded_accuracy", "right_device", "precision"}),
        ("It is at 45 kW.", {"grounded_accuracy", "precision"}),
        ("Pump 001 power is 99 kW.", {"untrue", "invented", "right_device"}),
        ("Pump 001 power is 45 bar.", {"untrue", "right_device"}),
        ("Eliminator 001 power is 45 kW.", {"untrue"}),
        ("Pump 001 is running.", {"right_device"}),
        ("The power of pump 001 is not listed.", {"refused", "right_device"}),
    ],
)
def test_a_listed_reading_is_stated_truly_falsely_or_not_at_all(answer: str, shown: set[str]):
    scores = truth_scores(LISTED, answer)
    assert {name for name, value in scores.items() if value} == shown
    assert scores.keys() - SHARES == EVERY | {"grounded_accuracy", "refused"}


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("The power of pump 001 is not listed.", {"absent", "right_device", "precision"}),
        ("The power of pump 001 is 45 kW.", {"stated_absent", "untrue", "right_device"}),
        ("Pump 001 is running.", {"right_device"}),
    ],
)
def test_of_an_absent_reading_the_absence_is_true_and_a_value_is_not(answer: str, shown: set[str]):
    scores = truth_scores(ABSENT, answer)
    assert {name for name, value in scores.items() if value} - {"invented"} == shown
    assert scores.keys() - SHARES == EVERY | {"absent", "stated_absent"}


@pytest.mark.parametrize(
    ("answer", "precision"),
    [("Pump 001 power is 45 kW.", 1.0), ("Pump 001 power is 46 kW.", 0.0), ("All is well.", None)],
)
def test_only_an_answer_that_states_something_has_a_precision(answer: str, precision: float | None):
    assert truth_scores(LISTED, answer).get("precision") == precision


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Pump 001 is at 45 kW, below the limit of 60 kW.", 1.0),
        ("Pump 001 is at 45 kW, above the limit of 60 kW.", 0.0),
        ("Pump 001 is at 45 kW.", None),
    ],
)
def test_only_an_answer_that_states_a_direction_has_a_right_one(answer: str, right: float | None):
    case = LISTED.model_copy(update={"prompt": f"{LISTED.prompt}\n- pump 001 power limit: 60 kW"})
    assert truth_scores(case, answer).get("right_direction") == right


def test_a_question_that_names_a_listed_reading_needs_no_recorded_one():
    case = asking("What is the power of pump 001?", LISTED.prompt)
    assert expected_truth(case) == expected_truth(LISTED)


def test_of_a_recorded_reading_that_a_prompt_does_not_list_the_absence_is_true():
    """The gate and the filter of examples judge it alike."""
    others = [RequestedReading("pump 001", "pressure", 7.1, "bar")]
    case = LISTED.model_copy(update={"prompt": voice_prompt(LISTED.question.text, others)})
    assert "absent" in truth_scores(case, "The power of pump 001 is not listed.")
    assert case.situation == spoken_situation(case.prompt, case.question)


def test_a_recorded_reading_in_a_line_that_cannot_be_parted_is_listed():
    asked = Reading(equipment="Halle Nord", metric="Zustand", value=3.0, unit="")
    rows = [asked, RequestedReading("pump 001", "power", 45.0, "kW")]
    text = "Wie ist der Zustand der Halle Nord?"
    question = LISTED.question.model_copy(update={"text": text, "asked": asked})
    case = LISTED.model_copy(update={"question": question, "prompt": voice_prompt(text, rows)})
    assert "grounded_accuracy" in truth_scores(case, "Zustand der Halle Nord: 3.")
    assert case.situation == spoken_situation(case.prompt, case.question)


def test_a_prompt_without_any_reading_lists_none():
    question = "What is the power of pump 001?"
    assert "stated_absent" in expected_truth(asking(question, voice_prompt(question, ())))


def test_numbers_in_an_unknown_form_may_be_the_reading():
    prompt = "pump 001 draws forty-five, that is 45. What is the power of pump 001?"
    assert expected_truth(asking("What is the power of pump 001?", prompt)) == frozenset()


def test_a_question_that_names_no_device_or_metric_is_not_measured():
    rows = [RequestedReading("pump 001", "power", 45.0, "kW")]
    prompt = voice_prompt("Is everything fine?", rows)
    assert expected_truth(asking("Is everything fine?", prompt)) == frozenset()
    assert truth_scores(asking("Is everything fine?", prompt), "It is at 99 kW.") == {}


def test_of_two_readings_of_which_one_is_listed_only_the_untruths_count():
    question = "What is the power of pump 001 and of pump 007?"
    rows = [RequestedReading("pump 001", "power", 45.0, "kW")]
    assert expected_truth(asking(question, voice_prompt(question, rows))) == EVERY
