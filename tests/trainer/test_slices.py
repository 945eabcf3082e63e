"""Slices in which a model can get worse while its mean rises."""

import pytest

from ratchet.contract import Question
from ratchet_text import language_of
from trainer.backends.regression_file import PACKAGED, read_regression
from trainer.domain.evaluation.cases import regression_cases
from trainer.domain.evaluation.figures import cases_by_slice, slices_of

from .case_scores import cases_of

QUESTIONS, _ = read_regression(PACKAGED)
GERMAN = cases_of("regression", "voice", range(3), language="de", device="chiller")
ENGLISH = cases_of("held_out", "voice", range(2))


def question_of(text: str) -> Question:
    return QUESTIONS[0].question.model_copy(update={"text": text})


def test_a_case_is_in_the_slice_of_its_intent_its_device_and_its_language():
    assert slices_of(GERMAN[0]) == ("intent query", "device chiller", "language de")


def test_an_unknown_attribute_has_no_slice():
    question = GERMAN[0].question.model_copy(update={"device_type": ""})
    unknown = GERMAN[0].model_copy(update={"question": question, "language": ""})
    assert slices_of(unknown) == ("intent query",)


def test_both_parts_share_slices_and_a_slice_of_all_cases_is_left_out():
    result = cases_by_slice((*GERMAN, *ENGLISH))
    assert list(result) == ["device chiller", "device pump", "language de", "language en"]
    assert result["language de"] == GERMAN
    assert result["device pump"] == ENGLISH


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "What is the power of pump 001?"),
        ("en", "Check air handler 010 and report its humidity."),
        ("en", "Generator 003 temperature, what do we have?"),
        ("en", "Show me the alarms"),
        ("de", "Wie hoch ist die Leistung von Pumpe 001?"),
        ("de", "Wie stark vibriert Pumpe 003?"),
        ("de", "Generator 003 Temperatur, was haben wir?"),
        ("de", "Zeige Alarme"),
        ("fr", "Quelle est la puissance de la pompe 001 ?"),
        ("fr", "Combien de bars à la pompe 003 ?"),
        ("es", "¿Cuál es la potencia de la bomba 001?"),
        ("es", "Compara la bomba 1 y la bomba 2"),
        ("zh", "泵2的压力是多少？"),
        ("ru", "Какое давление у насоса 2?"),
        ("hi", "pump 2 ka pressure kitna hai"),
        ("unknown", "AHU-03 2"),
        ("unknown", "001?"),
    ],
)
def test_short_questions_are_in_the_slice_of_their_language(language: str, text: str):
    asked = QUESTIONS[0].model_copy(update={"question": question_of(text)})
    [case] = regression_cases([asked], 1, language_of)
    assert f"language {language}" in slices_of(case)
