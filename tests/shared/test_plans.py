"""Which texts are widget plans the dashboard can show."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.measures import (
    CORE_SCENARIOS,
    DEFAULT_HEIGHTS,
    HEIGHT_BUDGET,
    SCENARIOS,
    SIZES,
    plan_validity,
)


def plan(*widgets: object) -> str:
    return json.dumps({"heading": "Pump 001", "widgets": widgets})


def test_the_dashboard_knows_these_scenarios_and_sizes() -> None:
    assert len(CORE_SCENARIOS) == 19
    assert set(SCENARIOS) - set(CORE_SCENARIOS) == {"diagnosticpanel", "uncertaintypanel"}
    assert set(DEFAULT_HEIGHTS) == set(SIZES)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("size", SIZES)
def test_every_known_widget_is_valid(scenario: str, size: str) -> None:
    assert plan_validity(plan({"scenario": scenario, "size": size})).valid


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not one JSON value"),
        ('Here is the plan: {"widgets": []}', "not one JSON value"),
        ('```json\n{"widgets": []}\n```', "not one JSON value"),
        ("[" * 100_000, "not one JSON value"),
        ("[]", "not a JSON object"),
        ("{}", "no widgets"),
        ('{"widgets": {}}', "no widgets"),
        ('{"widgets": []}', "no widgets"),
        (plan("kpi"), "widget 1: not an object"),
        (plan({"scenario": "pie", "size": "hero"}), "widget 1: unknown scenario 'pie'"),
        (plan({"scenario": ["kpi"], "size": "hero"}), "widget 1: unknown scenario \"['kpi']\""),
        (plan({"scenario": "kpi"}), "widget 1: unknown size 'None'"),
        (
            plan({"scenario": "kpi", "size": "hero", "height_units": -1}),
            "widget 1: height is no positive number",
        ),
        (
            plan({"scenario": "kpi", "size": "hero", "height_units": True}),
            "widget 1: height is no positive number",
        ),
        (
            plan({"scenario": "kpi", "size": "hero", "height_units": 25}),
            "more than 24 height units",
        ),
    ],
)
def test_a_broken_plan_names_its_problem(text: str, problem: str) -> None:
    verdict = plan_validity(text)
    assert not verdict.valid
    assert verdict.problems == (problem,)


def test_heights_fill_the_budget_and_no_more() -> None:
    hero = {"scenario": "kpi", "size": "hero"}
    assert 3 * DEFAULT_HEIGHTS["hero"] == HEIGHT_BUDGET
    assert plan_validity(plan(hero, hero, hero)).valid
    low = {"scenario": "kpi", "size": "compact", "height_units": 0.5}
    assert plan_validity(plan(hero, hero, hero, low)).problems == ("more than 24 height units",)


def test_every_problem_is_listed() -> None:
    text = plan({"scenario": "pie", "size": "huge"}, {"scenario": "kpi", "size": "tiny"})
    assert len(plan_validity(text).problems) == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text() | JSON.map(json.dumps) | st.lists(JSON).map(lambda widgets: plan(*widgets)))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = plan_validity(text)
    assert verdict.valid == (not verdict.problems)
