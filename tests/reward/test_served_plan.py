"""The served plan of a score: the shown widgets and the feedback on each."""

from ratchet.contract import ServedPlan, ServedWidget
from reward.domain.state.policy import RewardPolicy
from reward.offline import replay

from .conftest import Facts

JUDGED = {
    "per_widget_feedback": [
        {"widget_index": 1, "appropriateness_score": 0.9, "size_appropriate": False},
        {"widget_index": 2, "appropriateness_score": 0.2, "size_appropriate": True},
    ],
    "missing_widgets": ["a KPI widget", "trend_multi_line", "something unknown"],
}


async def plan_after(*facts: object) -> ServedPlan | None:
    whole = await replay(facts, RewardPolicy())  # type: ignore[arg-type]
    return whole.scores["q-1"].plan


async def test_the_judge_counts_widgets_from_one_and_the_plan_from_zero(facts: Facts):
    plan = await plan_after(facts.experience(), facts.feedback(**JUDGED))
    assert plan is not None
    assert [(w.scenario, w.score, w.size_fits) for w in plan.widgets] == [
        ("kpi", 0.9, False),
        ("trend", 0.2, True),
    ]
    assert plan.missing == ("kpi", "trend-multi-line")


async def test_interactions_count_from_zero_and_none_differs_from_an_empty_list(facts: Facts):
    touched = [{"widget_index": 1, "action": "click"}]
    plan = await plan_after(facts.experience(), facts.feedback(interactions=touched))
    assert plan is not None
    assert plan.engaged
    assert [widget.touched for widget in plan.widgets] == [False, True]
    silent = await plan_after(facts.experience())
    assert silent is not None
    assert not silent.engaged
    nothing = await plan_after(facts.experience(), facts.feedback(interactions=[]))
    assert nothing is not None
    assert nothing.engaged


async def test_the_question_is_described_as_in_a_ranking_query(facts: Facts):
    intent = {
        "type": "query",
        "domains": ["industrial"],
        "entities": {"devices": ["pump-001", "pump-002"], "time": "today"},
        "confidence": 0.7,
        "primary_characteristic": "energy",
        "secondary_characteristics": ["trend"],
    }
    plan = await plan_after(facts.experience(parsed_intent=intent, intent_confidence=0.2))
    assert plan is not None
    assert plan.query.transcript == "What is the power of pump 001?"
    assert plan.query.characteristics == ("energy", "trend")
    assert (plan.query.devices, plan.query.timed, plan.query.confidence) == (2, True, 0.7)


async def test_the_decision_and_the_callers_relevance_are_included(facts: Facts):
    widgets = [{"scenario": "kpi", "relevance": 0.8}, {"scenario": "trend"}]
    plan = await plan_after(
        facts.experience(widget_plan={"widgets": widgets}, decision_id="decision-1")
    )
    assert plan is not None
    assert plan.decision_id == "decision-1"
    assert plan.widgets == (
        ServedWidget(scenario="kpi", relevance=0.8),
        ServedWidget(scenario="trend", relevance=None),
    )


async def test_the_reward_of_a_plan_is_that_of_its_widgets_alone(facts: Facts):
    plan = await plan_after(
        facts.experience(),
        facts.feedback(rating="up", voice_evaluation_confidence=0.1),
    )
    assert plan is not None
    assert plan.reward is not None
    assert plan.reward > 0


async def test_a_score_without_a_plan_has_no_served_plan(facts: Facts):
    assert await plan_after(facts.experience(widget_plan=None), facts.feedback(rating="up")) is None
