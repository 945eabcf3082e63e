"""The answer that the readings give is in the language of the question, and is itself true."""

import json

import pytest
from truth_table import LABELLED, PARTS

from ratchet_truth import JudgedSituation, RequestedReading, Topic, judge, true_answer

PRESSURE = RequestedReading("Kühlwasserpumpe 2", "Druck", 3.45, "bar")
ROWS = [row for part in PARTS for row in json.loads((LABELLED / f"{part}.json").read_text())]


@pytest.mark.parametrize(
    ("question", "stated", "absent"),
    [
        ("What is the pressure?", "The Druck of Kühlwasserpumpe 2 is 3.45 bar.", "is not listed."),
        (
            "Wie hoch ist der Druck?",
            "Der Wert für Druck von Kühlwasserpumpe 2 ist 3,45 bar.",
            "ist nicht aufgeführt.",
        ),
        (
            "¿Cuál es la presión?",
            "El valor de Druck de Kühlwasserpumpe 2 es 3,45 bar.",
            "no figura",
        ),
        ("दबाव कितना है?", "Kühlwasserpumpe 2 Druck: 3.45 bar।", "सूची में नहीं है"),
        ("压力是多少？", "Kühlwasserpumpe 2的Druck：3.45 bar。", "未列出"),
    ],
)
def test_it_is_in_the_language_of_the_question(question: str, stated: str, absent: str):
    present = Topic("Kühlwasserpumpe 2", "Druck")
    missing = Topic("Kühlwasserpumpe 2", "Drehzahl")
    assert true_answer(JudgedSituation((PRESSURE,), (present,), question)) == stated
    assert absent in true_answer(JudgedSituation((PRESSURE,), (missing,), question))


def test_without_a_topic_it_is_empty():
    assert true_answer(JudgedSituation((PRESSURE,), (), "Any news?")) == ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["situation"])
def test_it_is_true(row: dict):
    readings = tuple(RequestedReading(**reading) for reading in row["readings"])
    topics = tuple(Topic(*topic) for topic in row["asked"])
    situation = JudgedSituation(readings, topics, row["question"])
    assert judge(true_answer(situation), situation).is_true, true_answer(situation)
