"""Plan repair: bad widgets are removed, missing ones added, sizes and heights corrected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.measures import SCENARIOS, SIZES, plan_text, plan_validity, scenario_named
from reward.domain.answers.reaction import WidgetScore
from reward.domain.answers.recorded_answer import PlanWidget
from reward.domain.examples.plan_repair import RepairedPlan, repaired_plan
from reward.domain.scoring.weights import RewardWeights

SHOWN = (PlanWidget("kpi", "hero"), PlanWidget("peopleview", "normal"))


def repair(
    scores: list[WidgetScore],
    missing: tuple[str, ...] = (),
    shown: tuple[PlanWidget, ...] = SHOWN,
) -> RepairedPlan | None:
    return repaired_plan(shown, scores, missing, RewardWeights())


def widget_score(
    position: int,
    score: float | None = 0.9,
    size_fits: bool | None = True,
    wanted: str | None = None,
) -> WidgetScore:
    return WidgetScore(position, score, size_fits, wanted)  # type: ignore[arg-type]


def test_a_bad_widget_is_removed_and_a_missing_one_added():
    repaired = repair([widget_score(0), widget_score(1, 0.1)], ("trend",))
    assert repaired is not None
    assert repaired.widgets == (PlanWidget("kpi", "hero"), PlanWidget("trend", "normal"))
    assert repaired.reward > 0


@pytest.mark.parametrize(
    ("size", "wanted", "right"),
    [
        ("hero", None, "expanded"),
        ("compact", None, "normal"),
        ("normal", "smaller", "compact"),
        ("expanded", "larger", "hero"),
    ],
)
def test_a_wrong_size_moves_one_step(size: str, wanted: str | None, right: str):
    repaired = repair([widget_score(0, 0.9, False, wanted)], (), (PlanWidget("kpi", size),))
    assert repaired is not None
    assert repaired.widgets == (PlanWidget("kpi", right),)


def test_a_widget_without_a_score_remains():
    repaired = repair([widget_score(0, 0.1)])
    assert repaired is not None
    assert repaired.widgets == (PlanWidget("peopleview", "normal"),)


@pytest.mark.parametrize("scores", [[], [widget_score(0), widget_score(1)]])
def test_a_plan_without_faults_is_not_repaired(scores: list[WidgetScore]):
    assert repair(scores) is None


def test_a_plan_without_remaining_widgets_is_not_repaired():
    assert repair([widget_score(0, 0.1), widget_score(1, 0.2)]) is None


@pytest.mark.parametrize(
    ("words", "scenario"),
    [
        ("kpi", "kpi"),
        ("a KPI widget for the pump", "kpi"),
        ("trend_multi_line", "trend-multi-line"),
        ("Trends Cumulative", "trends-cumulative"),
        ("a nice picture", None),
        ("trendy", None),
    ],
)
def test_scenarios_are_recognized_in_the_judges_text(words: str, scenario: str | None):
    assert scenario_named(words) == scenario


widgets = st.builds(
    PlanWidget, st.sampled_from([*SCENARIOS, "hologram"]), st.sampled_from([*SIZES, "xl"])
)


@given(
    shown=st.lists(widgets, max_size=12),
    judged=st.lists(
        st.builds(
            WidgetScore,
            st.integers(0, 11),
            st.none() | st.floats(0, 1),
            st.none() | st.booleans(),
            st.sampled_from([None, "larger", "smaller"]),
        ),
        max_size=12,
    ),
    missing=st.lists(st.sampled_from([*SCENARIOS, "nonsense"]), max_size=8),
)
def test_every_repaired_plan_fits_the_dashboard(
    shown: list[PlanWidget], judged: list[WidgetScore], missing: list[str]
):
    repaired = repaired_plan(shown, judged, missing, RewardWeights())
    if repaired is not None:
        assert plan_validity(plan_text("Pump", repaired.widgets)).valid
        assert -1 <= repaired.reward <= 1
