"""The question inside a prompt: its text, its kind, and the requested reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.prompt_question import named_equipment, question_in
from ratchet.contract import Reading
from ratchet.measures import question_text, voice_prompt, widget_prompt
from ratchet_text import device_type

POWER = Reading(equipment="pump 001", metric="power", value=45.5, unit="kW")
AVERAGE = Reading(equipment="pump 001", metric="average power", value=40, unit="kW")
OTHER = Reading(equipment="pump 002", metric="power", value=31, unit="kW")
LOAD = Reading(equipment="cooling tower 003", metric="load", value=62, unit="%")
COLD = Reading(equipment="chiller 004", metric="temperature", value=-4.5, unit="°C")
ALL = (AVERAGE, OTHER, POWER, LOAD, COLD)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (voice_prompt("What is the power of pump 001?", ALL), "What is the power of pump 001?"),
        (widget_prompt("Show pump 001"), "Show pump 001"),
        ("Any alarms on chiller 004?", "Any alarms on chiller 004?"),
        ("Be brief.\n User question:  A or\nB?\nResponse:\n", "A or\nB?"),
        ("User question: old\nUser question: new\nResponse:", "new"),
        ("What does User question: mean?", "What does User question: mean?"),
        ("User question:\nResponse:", ""),
    ],
)
def test_the_question_follows_the_last_marker_or_is_the_whole_prompt(prompt: str, text: str):
    assert question_text(prompt) == text


@pytest.mark.parametrize(
    ("question", "requested"),
    [
        ("What is the power of pump 001?", POWER),
        ("Pump-001 POWER, what do we have?", POWER),
        ("What is the average power of pump 001?", AVERAGE),
        ("How is the load at cooling tower 003?", LOAD),
        ("How cold is the temperature of chiller 004?", COLD),
        ("Compare the power of pump 001 and pump 002.", None),
        ("What is the flow of pump 001?", None),
        ("What is the power of pump 0011?", None),
        ("How much power do we use?", None),
    ],
)
def test_the_requested_reading_has_the_named_equipment_and_metric(
    question: str, requested: Reading | None
):
    assert question_in(voice_prompt(question, ALL)).asked == requested


def test_devices_metric_and_numbers_are_masked_in_the_phrasing():
    known = question_in(voice_prompt("What is the load of cooling tower 003 at 7?", ALL))
    assert known.phrasing == "what is the _ of _ _ _ at _"
    assert known.device_type == "cooling tower"
    unknown = question_in("Any active alarms on chiller 004?")
    assert unknown.phrasing == "any active alarms on _ _"
    assert (unknown.device_type, unknown.intent, unknown.asked) == ("chiller", "query", None)


def test_the_key_depends_on_question_and_readings_but_not_on_spelling():
    def key(question: str, *readings: Reading) -> str:
        return question_in(voice_prompt(question, readings)).key

    assert key("Power of pump 001?", POWER) == key("power  of PUMP 001", POWER)
    assert key("Power of pump 001?", POWER) != key("Power of pump 001?", AVERAGE)
    assert key("Power of pump 001?") != key("Power of pump 002?")


@pytest.mark.parametrize(
    ("equipment", "metric", "question"),
    [
        ("Pumpe 2", "Druck", "Wie hoch ist der Druck von Pumpe 2?"),
        ("泵2", "功率", "泵 2 的功率是多少？"),
        ("पंप २", "दबाव", "पंप 2 का दबाव कितना है?"),
        ("ポンプ2", "圧力", "ポンプ2の圧力は？"),
        ("pump 101B", "power", "Power of pump 101B?"),
    ],
)
def test_the_requested_reading_is_found_in_every_script(equipment: str, metric: str, question: str):
    asked = Reading(equipment=equipment, metric=metric, value=45.5, unit="kW")
    other = asked.model_copy(update={"value": 3.0, "equipment": equipment[:-1] + "7"})
    found = question_in(voice_prompt(question, (other, asked)))
    assert found.asked == asked
    assert found.device_type == "pump"


def test_every_piece_of_equipment_is_named_once():
    assert named_equipment("Pump 001 and pump 1, AHU-03 at 45 kW") == ["pump 1", "ahu 3"]


@pytest.mark.parametrize("name", ["cooling-tower-003", "Cooling tower 12", "cooling_tower 1"])
def test_a_device_type_is_the_same_however_the_device_is_written(name: str):
    assert device_type(name) == "cooling tower"


@pytest.mark.parametrize(
    "line",
    ["- pump 001 power: hot kW", "- power: 45 kW", "- pump 001: 45 kW", "- pump 001 power: nan kW"],
)
def test_a_line_without_a_reading_is_skipped(line: str):
    prompt = f"Readings:\n{line}\nUser question: What is the power of pump 001?\nResponse:"
    assert question_in(prompt).asked is None


@given(st.text(), st.text())
def test_any_prompt_has_a_question(before: str, after: str):
    prompt = f"{before}\nReadings:\n- {after}\nUser question:{after}"
    assert question_in(prompt).key
