"""Readings are found in prompts of several forms, and what a question asks about too."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.measures import voice_prompt
from ratchet_truth import RequestedReading, Topic, asked_in, judge, readings_in, situation_in

POWER = RequestedReading("pump 001", "power", 45.5, "kW")
ROWS = (
    POWER,
    RequestedReading("pump 001", "average power", 50.0, "kW"),
    RequestedReading("P-101A", "discharge pressure", 6.25, "bar"),
    RequestedReading("Kühlwasserpumpe 2", "Druck", 3.45, "bar"),
    RequestedReading("泵2", "功率", 38.0, "kW"),
)


@pytest.mark.parametrize(
    "prompt",
    [
        voice_prompt("What is the power of pump 001?", ROWS),
        "\n".join(f"{r.equipment} {r.metric}: {r.value:g} {r.unit}" for r in ROWS),
        ", ".join(f"{r.equipment} {r.metric}: {r.value:g} {r.unit}" for r in ROWS),
        "\n".join(f"| {r.equipment} | {r.metric} | {r.value:g} | {r.unit} |" for r in ROWS),
        "\n".join(f"* {r.equipment} {r.metric} = {r.value:g} {r.unit}" for r in ROWS),
        json.dumps({"readings": [dict(zip("equipment metric value unit".split(),
         (r.equipment, r.metric, r.value, r.unit), strict=True)) for r in ROWS]}),
    ],
    ids=["rendered", "lines", "one line", "table", "equals", "json"],
)  # fmt: skip
def test_readings_are_found_in_every_rendering(prompt: str):
    assert readings_in(prompt) == ROWS


def test_a_name_without_an_id_ends_before_the_metric():
    assert readings_in("- North boiler temperature: 198 °C") == (
        RequestedReading("North boiler", "temperature", 198.0, "°C"),
    )


def test_a_row_of_one_device_has_a_reading_in_each_cell_with_a_number():
    prompt = """Data:
- pump 001 | status: running | hall: B 2 | power: 45.5 kW | average power: 50 kW
- P-101A | discharge pressure = 6.25 bar."""
    assert readings_in(prompt) == ROWS[:3]


@pytest.mark.parametrize("name", ["Chiller 1", "CH-001", "Chiller 1 (CH-001)"])
def test_a_device_with_a_second_id_is_known_by_each_of_its_names(name: str):
    prompt = """- Chiller 1 (CH-001) | Type: Chiller | Floor 2 | Power Consumption: 245.2 kW
- Chiller 2 (CH-002) | Type: Chiller | Floor 2 | Power Consumption: 262.9 kW"""
    situation = situation_in(prompt, f"What is the power of {name}?")
    assert situation.asked == (Topic("Chiller 1 (CH-001)", "Power Consumption"),)
    for said in ("Chiller 1", "CH-001", "Chiller 1 (CH-001)"):
        assert judge(f"{said} is at 245.2 kW.", situation).is_true
    for said in ("Chiller 2", "CH-002", "CH-003"):
        assert not judge(f"{said} is at 245.2 kW.", situation).is_true


def test_a_row_that_begins_with_no_device_has_no_readings():
    assert readings_in("Alarm: too hot | Equipment: pump 001 | Value: 95 °C | Limit: 90 °C") == ()


@pytest.mark.parametrize("prompt", ["", "Answer in 2 sentences.", "- pump 001 power: hot kW", "{"])
def test_other_lines_are_no_readings(prompt: str):
    assert readings_in(prompt) == ()


@pytest.mark.parametrize(
    ("question", "topics"),
    [
        ("What is the power of pump 001?", [("pump 001", "power")]),
        ("What is the average power of pump 1?", [("pump 001", "average power")]),
        ("P-101A pressure?", [("P-101A", "discharge pressure")]),
        ("Wie hoch ist der Druck von Kühlwasserpumpe 2?", [("Kühlwasserpumpe 2", "Druck")]),
        ("泵2的功率是多少？", [("泵2", "功率")]),
        ("What is the flow of pump 001?", [("pump 001", "flow")]),
        ("What is the power of pump 007?", [("pump 007", "power")]),
        ("Compare the power of pump 001 and 泵2", [("pump 001", "power"), ("泵2", "功率")]),
        ("Any news?", []),
    ],
)
def test_a_question_asks_about_the_metrics_of_devices_that_it_names(
    question: str, topics: list[tuple[str, str]]
):
    assert asked_in(question, ROWS) == tuple(Topic(*topic) for topic in topics)


def test_a_situation_has_the_readings_and_the_topic_of_its_prompt():
    situation = situation_in(voice_prompt("Power of pump 001?", ROWS), "Power of pump 001?")
    assert [one.row.source for one in situation.requested if one.row] == [POWER]


@given(st.text(), st.text())
def test_any_prompt_and_question_can_be_read(prompt: str, question: str):
    asked_in(question, readings_in(f"{prompt}\n- pump 001 power: 45 kW\n{question}"))


def test_a_topic_without_a_reading_is_written_as_the_question_writes_it():
    assert asked_in("Was meldet Kältemaschine 2 für den Füllstand?", ROWS) == (
        Topic("Kältemaschine 2", "Füllstand"),
    )
