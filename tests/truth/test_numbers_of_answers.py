"""An answer states the asked reading and nothing false: what counts as either, number by number."""

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_truth import Judgment, RequestedReading, Verdict, judge, readings_in, situation_of

REQUESTED = RequestedReading("pump 001", "power", 45.0, "kW")
ROWS = (
    REQUESTED,
    RequestedReading("pump 001", "average power", 50.2, "kW"),
    RequestedReading("pump 001", "power limit", 60.0, "kW"),
    RequestedReading("pump 001", "pressure", 7.1, "bar"),
    RequestedReading("pump 002", "power", 71.3, "kW"),
)
PROMPT = "\n".join(f"{row.equipment} {row.metric}: {row.value} {row.unit}" for row in ROWS)
AS_JSON = json.dumps([asdict(row) for row in ROWS])


def judged(answer: str, prompt: str, asked: RequestedReading) -> Judgment:
    return judge(answer, situation_of(readings_in(prompt), asked, ""))


def test_the_asked_value_without_other_numbers_is_true() -> None:
    assert judged("Pump 001 draws 45 kW.", PROMPT, REQUESTED) == Judgment(
        Verdict.TRUE, device_named=True
    )


@pytest.mark.parametrize(
    ("shown", "value"),
    [("45", 45.0), ("45.0", 45.0), ("7.10", 7.1), ("45", 45.3), ("1,450", 1450.0),
     ("1450.0", 1450.0), ("3,5", 3.5), ("-18", -18.0), ("minus 18", -18.0), ("0", 0.0)],
)  # fmt: skip
def test_a_value_may_be_shown_rounded(shown: str, value: float) -> None:
    asked = RequestedReading("pump 001", "power", value, "kW")
    assert judged(f"It is at {shown} kW.", "", asked).is_true


@pytest.mark.parametrize(
    ("shown", "value"),
    [("46", 45.3), ("7", 7.4), ("1", 0.8), ("45.1", 45.0), ("18", -18.0), ("4.5", 45.0)],
)
def test_a_coarse_or_wrong_value_is_not_the_reading(shown: str, value: float) -> None:
    asked = RequestedReading("pump 001", "power", value, "kW")
    result = judged(f"It is at {shown} kW.", "", asked)
    assert result.verdict is Verdict.WRONG_VALUE
    assert result.faults[0].said == f"{shown} kW"


@pytest.mark.parametrize(
    "prompt", [PROMPT, AS_JSON, PROMPT.replace("\n", ", ")], ids=["lines", "json", "one line"]
)
@pytest.mark.parametrize(
    "derived",
    ["5.2 kW below the average", "5 kW below the average", "15 kW under the limit",
     "75% of the limit", "25 percent under the limit", "10% below the average",
     "0.9 times the average", "50.2 kW on average", "26.3 kW less than pump 002"],
)  # fmt: skip
def test_a_comparison_with_the_asked_reading_is_derived(prompt: str, derived: str) -> None:
    assert judged(f"Pump 001 is at 45 kW, {derived}.", prompt, REQUESTED).is_true


@pytest.mark.parametrize(
    "claim",
    [
        "8 kW below the average",
        "12% below the average",
        "9.8 kW between average and limit",  # not about the asked reading
        "37.9 kW above the pressure",  # another unit
        "15% under the limit",  # 15 kW under, 25 percent under
        "5.2 bar below",  # a difference in kW
        "25 kW under the limit",  # a percentage said as power
        "105 kW with the limit",  # a sum that says nothing
        "1. fine",  # a list number is no reading
        "like pump 003",
        "30% off",
    ],
)
def test_what_does_not_follow_from_the_readings_is_untrue(claim: str) -> None:
    assert judged("Pump 001 is at 45 kW.", PROMPT, REQUESTED).is_true
    assert judged(f"Pump 001 is at 45 kW. {claim}", PROMPT, REQUESTED).invents


@pytest.mark.parametrize("spoken", ["5 degrees below", "5 °C below", "5 below"])
def test_units_may_be_spoken_and_prompts_escaped(spoken: str) -> None:
    asked = RequestedReading("air handler 003", "temperature", 21.0, "°C")
    rows = [asdict(asked), asdict(asked) | {"metric": "average temperature", "value": 26.0}]
    for prompt in (json.dumps(rows), json.dumps(rows, ensure_ascii=False)):
        assert judged(f"Air handler 003 is at 21 °C, {spoken} average.", prompt, asked).is_true


def test_another_reading_of_the_prompt_is_not_the_asked_one() -> None:
    result = judged("Pump 001 is at 71.3 kW.", PROMPT, REQUESTED)
    assert result.verdict is Verdict.WRONG_DEVICE
    assert not result.invents


def test_the_number_of_an_id_is_no_quantity() -> None:
    assert judged("It is at 1 kW, not 45 kW.", PROMPT, REQUESTED).invents
    assert judged("Pump-001 and pump 1 draw 45 kW.", PROMPT, REQUESTED).is_true


def test_without_readings_of_the_equipment_nothing_is_derived() -> None:
    elsewhere = PROMPT.replace("pump 001", "fan 001")
    assert judged("It is 45 kW, 10% below average.", elsewhere, REQUESTED).invents


def test_few_random_percentages_pass_as_derived() -> None:
    passed = [
        share
        for share in range(1, 101)
        if judged(f"It is 45 kW, {share}% under the limit.", PROMPT, REQUESTED).is_true
    ]
    assert passed == [25]


@pytest.mark.parametrize(
    ("answer", "value", "unit"),
    [
        ("泵2的功率是45千瓦。", 45.0, "kW"),
        ("泵2的功率是四十五千瓦。", 45.0, "kW"),
        ("पंप 2 की शक्ति ४५ किलोवाट है।", 45.0, "kW"),
        ("Pumpe 2 hat 1.234,5 kW.", 1234.5, "kW"),
        ("Pumpe 2 hat 1\u202f234,5 kW.", 1234.5, "kW"),
        ("Pump 2 has 1,234.5 kW.", 1234.5, "kW"),
        ("Pump 2 is at 1,234 rpm.", 1234.0, "rpm"),
        ("Pumpe 2 dreht mit 1.234 U/min.", 1234.0, "rpm"),
        ("Pumpe 2 hat 1,234 bar.", 1.234, "bar"),
        ("Pump 2 is at - 5 °C.", -5.0, "°C"),
        ("Pump 2: - 5 °C", -5.0, "°C"),
        ("Pump 2 is at 5 °C below zero.", -5.0, "°C"),
        ("Pumpe 2: fünf Grad unter null.", -5.0, "°C"),
        ("- 45 kW", 45.0, "kW"),
        ("Pump 2 is at .5 mm/s.", 0.5, "mm/s"),
        ("Pump 2 draws 1.2e3 W.", 1200.0, "W"),
        ("Pump 2 draws 1.2×10³ W.", 1200.0, "W"),
        ("Pump 2 leaks 5e-05 l/s.", 5e-05, "l/s"),
        ("Pump 2 leaks 5·10⁻⁵ l/s.", 5e-05, "l/s"),
        ("Pump 2 draws 1e+06 W.", 1_000_000.0, "W"),
        ("Pumpe 2 hat 3,5 bar.", 3.5, "bar"),
        ("Pumpe 2 hat drei Komma fünf Bar.", 3.5, "bar"),
        ("Pump 2 has three and a half bar.", 3.5, "bar"),
        ("Pump 2 has 3½ bar.", 3.5, "bar"),
        ("Pump 2 is at forty-five point three kilowatts.", 45.3, "kW"),
    ],
)
def test_a_reading_is_stated_in_every_notation(answer: str, value: float, unit: str) -> None:
    asked = RequestedReading("pump 2", "power", value, unit)
    prompt = f"- pump 2 power: {value:.10g} {unit}"
    assert judged(answer, prompt, asked).is_true


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("泵2的功率是99千瓦。", Verdict.WRONG_VALUE),
        ("泵2的功率是九十九千瓦。", Verdict.WRONG_VALUE),
        ("Pumpe 2 hat 1.234,5 kW.", Verdict.WRONG_VALUE),
        ("Pump 2 is at 1,234 kW.", Verdict.WRONG_VALUE),
        ("Pump 2 draws ninety-nine kilowatts.", Verdict.WRONG_VALUE),
        ("Pumpe 2 hat neunundneunzig Kilowatt.", Verdict.WRONG_VALUE),
        ("Pump 2 is at -45 kW.", Verdict.WRONG_VALUE),
        ("Pump 2 is at - 45 kW.", Verdict.WRONG_VALUE),
        ("Pump 2 is at 45 kW below zero.", Verdict.WRONG_VALUE),
        ("पंप 2: ९९ किलोवाट", Verdict.WRONG_VALUE),
        ("Pumpe 3 läuft.", Verdict.INVENTED),
        ("泵3正常", Verdict.INVENTED),
        ("Pump 2 draws 99% of it.", Verdict.INVENTED),
    ],
)
def test_another_number_is_untrue_in_every_notation(answer: str, verdict: Verdict) -> None:
    asked = RequestedReading("pump 2", "power", 45.0, "kW")
    assert judged(answer, "- pump 2 power: 45 kW", asked).verdict is verdict


@pytest.mark.parametrize(
    "aside",
    ["One moment.", "It is one of three pumps.", "CO2 and H2O are fine.",
     "Das ist ein Wert von vielen.", "一切正常。", "The 2nd stage runs.",
     "The R134a loop has DN 50 pipes, PN16, of 1.4301.", "IP54 and SAE 10W-40."],
)  # fmt: skip
def test_words_and_names_with_numbers_are_not_invented(aside: str) -> None:
    assert judged(f"Pump 001 is at 45 kW. {aside}", PROMPT, REQUESTED).is_true


@pytest.mark.parametrize("claim", ["DN 80 mm", "PN 16 bar", "1.4301 bar", "R-32 runs", "M12"])
def test_a_designation_with_a_unit_or_of_a_tag_is_invented(claim: str) -> None:
    assert not judged(f"It is 45 kW, {claim}.", PROMPT, REQUESTED).is_true


def test_the_numbers_of_a_text_decide_how_an_ambiguous_one_is_read() -> None:
    asked = RequestedReading("pump 2", "speed", 1234.0, "rpm")
    prompt = "- pump 2 speed: 1234 rpm\n- pump 2 pressure: 3.5 bar"
    assert judged("Pumpe 2: 1.234 U/min bei 3,5 bar.", prompt, asked).is_true
    assert judged("Pump 2: 1,234 rpm at 3.5 bar.", prompt, asked).is_true
    assert not judged("Pump 2: 1.234 rpm at 3.5 bar.", prompt, asked).is_true


@given(st.text(), st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_gets_a_verdict(answer: str, prompt: str, value: float) -> None:
    judged(answer, prompt, RequestedReading("pump 001", "power", value, "kW"))


@given(st.floats(0.5, 5000).map(lambda value: round(value, 2)))
def test_a_quoted_reading_is_always_true(value: float) -> None:
    asked = RequestedReading("fan 007", "speed", value, "rpm")
    prompt = f"fan 007 speed: {value} rpm"
    assert judged(f"Fan 007 turns at {value} rpm.", prompt, asked).is_true


PIECES = (
    "1 ",
    "9",
    "pump 001 45 kW ",
    "1:2.3,",
    "a",
    "-1 ",
    "1'234'",
    "12,34,",
    "1 234 ",
    "1/2 ",
    "2 1/2",
    "3½ ",
    "四十五",
    "1万2千",
    "零下5度",
    "forty-five ",
    "hundred and ",
    "zweihundert",
    "- 5 ",
    "–5",
    "5 °C below zero ",
    "1.2×10³ ",
    "1e5",
    "10^",
    "1٢३",
    "5\u0301",
    "\u0301",
)


def test_an_invented_number_is_found_behind_any_number_of_others() -> None:
    answer = "45 kW, " * 1_000 + "46 kW"
    assert judged(answer, PROMPT, REQUESTED).verdict is Verdict.INVENTED


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_grows_with_the_length_of_hostile_text(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        begun = time.process_time()
        judged(text, text, REQUESTED)
        return time.process_time() - begun

    # Four times the text takes four times as long, and 16 times if the time were quadratic.
    assert any(seconds(16_000) < 8 * max(seconds(4_000), 1e-3) for _ in range(3))
