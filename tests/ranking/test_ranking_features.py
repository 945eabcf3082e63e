"""The 813 inputs: where each lies, how large it gets, and what leaves it empty."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import SAFETY_SCENARIOS, RankingQuery
from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import (
    CHARACTERISTIC,
    CHARACTERISTICS,
    INTENT,
    INTENTS,
    MOST_WIDGETS,
    OTHER_SCENARIO,
    QUERY,
    SCENARIO,
    SCENARIO_ROW,
    TEXT,
    TEXT_SCALE,
    WIDGET,
    WIDTH,
    Matrix,
    Vector,
    scenario_table,
    structure_inputs,
    widget_rows,
    with_scenarios,
)

COUNT, POSITION, SAFETY = range(803, 806)
QUERIES = st.builds(
    RankingQuery,
    transcript=st.text(),
    intent=st.sampled_from(INTENTS) | st.text(),
    confidence=st.floats(allow_nan=False, allow_infinity=False),
    domains=st.lists(st.sampled_from(["alerts", "industrial"]) | st.text()),
    characteristics=st.lists(st.sampled_from(CHARACTERISTICS) | st.text()),
    devices=st.integers() | st.just(10**400) | st.just(-(10**400)),
    timed=st.booleans(),
)


def row(query: RankingQuery, widgets: int = 0) -> Vector:
    """All 813 inputs that widgets share, without a text."""
    return np.concatenate([np.zeros(768, np.float32), structure_inputs(query, widgets)])


def rows_of(structure: Vector, scenarios: Sequence[str]) -> Matrix:
    """All 813 inputs of each widget, without a text."""
    rows = widget_rows(structure, scenarios)
    return np.concatenate([np.zeros((len(rows), 768), np.float32), rows], axis=1)


def facts(**said: object) -> list[float]:
    return row(RankingQuery(confidence=0, **said))[QUERY].tolist()


def test_the_parts_fill_the_813_inputs_in_their_order() -> None:
    parts = [TEXT, SCENARIO, QUERY, INTENT, WIDGET, CHARACTERISTIC]
    assert [part.stop - part.start for part in parts] == [768, 19, 9, 7, 5, 5]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert CHARACTERISTIC.stop == WIDTH == 813
    assert len(row(RankingQuery())) == 813


def test_the_text_weighs_a_tenth_of_the_rest() -> None:
    assert TEXT_SCALE == 0.3
    assert row(RankingQuery(timed=True))[QUERY].max() == pytest.approx(3.0)


def test_what_is_asked_has_nine_inputs() -> None:
    query = RankingQuery(
        transcript="one two three four five six",
        confidence=0.5,
        domains=("industrial", "supply"),
        characteristics=("trend", "comparison"),
        devices=4,
        timed=True,
    )
    expected = [0.5, 2 / 5, 4 / 10, 6 / 30, 1, 1, 1, 0, 1 / 5]
    assert row(query)[QUERY] == pytest.approx([3 * fact for fact in expected])


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ({"characteristics": ("comparison",)}, 6),
        ({"characteristics": ("alerts",)}, 7),
        ({"characteristics": ("", "comparison")}, 6),
        ({"characteristics": ("", "alerts")}, 7),
        ({"domains": ("alerts",)}, 7),
    ],
)
def test_comparisons_and_alerts_are_seen_wherever_they_are_named(
    said: dict[str, object], at: int
) -> None:
    assert facts(**said)[at] == 3.0


def test_counts_and_confidence_stop_at_their_most() -> None:
    said = {
        "transcript": "word " * 500,
        "domains": ("industrial",) * 50,
        "characteristics": ("trend",) * 50,
        "devices": 5_000,
    }
    assert row(RankingQuery(confidence=7.5, **said))[QUERY].max() == 3.0
    assert facts(**said)[1:4] == [3.0, 3.0, 3.0]
    assert facts(**said)[8] == 3.0
    assert row(RankingQuery(), 500)[COUNT] == 1.0


@pytest.mark.parametrize("query", [RankingQuery(confidence=-3.0), RankingQuery(devices=-3)])
def test_nothing_is_less_than_nothing(query: RankingQuery) -> None:
    assert not row(query)[QUERY].any()


@pytest.mark.parametrize("at", range(7))
def test_an_intent_has_its_own_input(at: int) -> None:
    expected = [0.0] * 7
    expected[at] = 3.0
    assert row(RankingQuery(intent=INTENTS[at]))[INTENT].tolist() == expected


@pytest.mark.parametrize("at", range(5))
def test_only_the_primary_characteristic_has_its_own_input(at: int) -> None:
    named = RankingQuery(characteristics=(CHARACTERISTICS[at], CHARACTERISTICS[at - 1]))
    expected = [0.0] * 5
    expected[at] = 3.0
    assert row(named)[CHARACTERISTIC].tolist() == expected


@pytest.mark.parametrize("name", ["", "astrology", "QUERY", "Trend"])
def test_unknown_names_leave_their_inputs_empty(name: str) -> None:
    unknown = row(RankingQuery(intent=name, characteristics=(name,)))
    assert not unknown.any()
    assert not rows_of(unknown[768:], [name]).any()


@pytest.mark.parametrize("at", range(19))
def test_a_scenario_has_its_own_input(at: int) -> None:
    expected = [0.0] * 19
    expected[at] = 3.0
    (widget,) = rows_of(structure_inputs(RankingQuery(), 1), [CORE_SCENARIOS[at]])
    assert widget[SCENARIO].tolist() == expected
    assert SCENARIO_ROW[CORE_SCENARIOS[at]] == at


def test_safety_is_flagged() -> None:
    rows = rows_of(structure_inputs(RankingQuery(), 19), CORE_SCENARIOS)
    flagged = {name for name, widget in zip(CORE_SCENARIOS, rows, strict=True) if widget[SAFETY]}
    assert flagged == set(SAFETY_SCENARIOS)
    assert set(rows[:, SAFETY].tolist()) == {0.0, 1.0}


def test_positions_count_from_the_top_and_stop_at_one() -> None:
    rows = rows_of(structure_inputs(RankingQuery(), 30), ["kpi"] * 30)
    assert rows[:, POSITION] == pytest.approx([min(at / MOST_WIDGETS, 1.0) for at in range(30)])
    assert set(rows[:, COUNT].tolist()) == {1.0}
    assert not rows[:, SAFETY + 1 : WIDGET.stop].any()


@given(QUERIES, st.lists(st.sampled_from(CORE_SCENARIOS) | st.text(), min_size=1, max_size=30))
def test_any_plan_is_its_question_and_what_each_widget_adds(
    query: RankingQuery, scenarios: list[str]
) -> None:
    structure = structure_inputs(query, len(scenarios))
    assert structure.shape == (45,)
    assert np.isfinite(structure).all()
    assert structure.min() >= 0.0
    assert structure.max() <= 3.0
    rows = widget_rows(structure, scenarios)
    assert rows.shape == (len(scenarios), 45)
    assert rows.dtype == np.float32
    assert (rows == structure + widget_rows(np.zeros(45, np.float32), scenarios)).all()
    own = rows_of(np.zeros(45, np.float32), scenarios)
    own[:, [*range(SCENARIO.start, SCENARIO.stop), POSITION, SAFETY]] = 0.0
    assert not own.any()


@given(QUERIES, st.lists(st.sampled_from(CORE_SCENARIOS), min_size=1, max_size=30), st.data())
def test_as_another_scenario_a_widget_is_what_that_one_is_on_top(
    query: RankingQuery, scenarios: list[str], data: st.DataObject
) -> None:
    structure = structure_inputs(query, len(scenarios))
    places = data.draw(st.lists(st.integers(0, 18), min_size=len(scenarios), max_size=30))
    places = places[: len(scenarios)]
    others = with_scenarios(widget_rows(structure, scenarios), np.array(places))
    on_top = [widget_rows(structure, [CORE_SCENARIOS[place]]) for place in places]
    assert (others == np.concatenate(on_top)).all()


def test_the_table_is_what_a_widget_on_top_adds_to_the_hidden_layer() -> None:
    layer = np.random.default_rng(0).normal(size=(32, 813)).astype(np.float32)
    table = scenario_table(layer)
    nothing = np.zeros(45, np.float32)
    alone = np.concatenate([rows_of(nothing, [name]) for name in (*CORE_SCENARIOS, "unknown")])
    assert table == pytest.approx(alone @ layer.T, abs=1e-5)
    assert not table[OTHER_SCENARIO].any()
