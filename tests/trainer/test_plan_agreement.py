"""The agreement of a widget plan with a reference plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.measures import SCENARIOS, SIZES, plan_text
from trainer.domain.evaluation.plan_agreement import plan_agreement

WIDGETS = st.lists(
    st.tuples(st.sampled_from(SCENARIOS[:4]), st.sampled_from(SIZES)), min_size=1, max_size=3
)
REFERENCE = plan_text("Pump 001 power", [("kpi", "normal"), ("trend", "expanded")])


@pytest.mark.parametrize(
    ("widgets", "agreement"),
    [
        ([("kpi", "normal"), ("trend", "expanded")], 1.0),
        ([("trend", "expanded"), ("kpi", "normal")], 1.0),
        ([("kpi", "normal")], 2 / 3),
        ([("kpi", "normal"), ("trend", "compact")], 0.5),
        ([("kpi", "normal"), ("kpi", "normal")], 0.5),
        ([("alerts", "compact")], 0.0),
    ],
)
def test_agreement_counts_widgets_with_multiplicity(
    widgets: list[tuple[str, str]], agreement: float
) -> None:
    assert plan_agreement(plan_text("Another heading", widgets), REFERENCE) == agreement


@pytest.mark.parametrize("plan", ["", "The plan is: kpi", '{"widgets": []}', REFERENCE[:-1]])
def test_an_invalid_plan_has_no_agreement(plan: str) -> None:
    assert plan_agreement(plan, REFERENCE) == 0.0


def test_an_invalid_reference_plan_is_rejected() -> None:
    with pytest.raises(ValueError, match="the reference is no valid plan: 'kpi'"):
        plan_agreement(REFERENCE, "kpi")


@given(WIDGETS, WIDGETS)
def test_agreement_is_symmetric_and_within_0_and_1(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    first, second = plan_text("a", one), plan_text("b", other)
    agreement = plan_agreement(first, second)
    assert agreement == plan_agreement(second, first)
    assert 0 <= agreement <= 1
    assert plan_agreement(first, first) == 1
