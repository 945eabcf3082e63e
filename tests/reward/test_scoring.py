"""Whole scores: the three cases that must hold, and bounds that hold for any input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Experience, Feedback, Question
from reward.domain.answers.reaction import AnswerReaction, statements_of
from reward.domain.answers.recorded_answer import recorded_answer
from reward.domain.answers.warnings import RewardWarning
from reward.domain.examples.origin import ExampleOrigin
from reward.domain.examples.pairing import PairingRules, build_examples
from reward.domain.scoring.score import Score, score
from reward.domain.scoring.weights import RewardBounds, RewardWeights


def worth_of(experience: Experience, said: dict[str, Any], **settings: Any) -> Score:
    feedback = Feedback.model_validate({"query_id": "q-1", **said})
    reaction = AnswerReaction.model_validate(statements_of(feedback))
    return score(recorded_answer(experience), reaction, RewardWeights(), **settings)


def scored(facts: Any, answer: str, **said: Any) -> Score:
    return worth_of(facts.experience(voice_response=answer).experience, said)


GOOD = (
    "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its daily average of "
    "40 kilowatts."
)
BAD = (
    "Well, let me look. **Everything** is at https://plant.example/p now. It is fine. "
    "Ask me more. I'd be happy to help."
)


def test_a_good_answer_judged_092_and_rated_up_is_worth_more_than_0_and_good(facts: Any):
    worth = scored(facts, GOOD, rating="up", voice_evaluation_confidence=0.92)
    assert worth.total > 0
    assert worth.voice_rating == "good"
    assert worth.text_quality is not None
    assert worth.text_quality.total > 0.7


def test_filler_bold_and_a_url_judged_015_and_rated_down_is_worth_less_than_0_and_bad(facts: Any):
    worth = scored(facts, BAD, rating="down", voice_evaluation_confidence=0.15)
    assert worth.total < 0
    assert worth.voice_rating == "bad"
    assert worth.text_quality is not None
    assert worth.text_quality.total < 0.4


def test_good_widgets_with_a_bad_voice_are_up_and_bad_and_never_chosen(facts: Any):
    said = {
        "rating": "up",
        "evaluation_confidence": 0.93,
        "voice_evaluation_confidence": 0.18,
        "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.95}],
    }
    worth = scored(facts, GOOD, **said)
    assert worth.total > 0
    assert worth.voice_rating == "bad"
    assert worth.voice_reward is not None
    assert worth.voice_reward < 0
    assert worth.widget_reward is not None
    assert worth.widget_reward > 0


def test_components_sum_to_the_total(facts: Any):
    worth = scored(facts, GOOD, rating="up", follow_up_type="satisfied")
    assert worth.total == pytest.approx(sum(worth.components.values()))


def test_a_row_without_a_plan_counts_for_voice_and_never_for_widgets(facts: Any):
    experience = facts.experience(widget_plan=None).experience
    said = {
        "rating": "up",
        "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.0}],
        "missing_widgets": ["kpi"],
        "interactions": [{"widget_index": 0, "action": "click"}],
    }
    worth = worth_of(experience, said)
    assert worth.widget_reward is None
    assert worth.voice_reward is not None
    for name in ("per_widget_appropriateness", "missing_widget_penalty", "widget_engagement"):
        assert worth.components[name] == 0


unit = st.floats(0, 1)
said_strategy = st.fixed_dictionaries(
    {"query_id": st.just("q")},
    optional={
        "rating": st.sampled_from(["up", "down"]),
        "follow_up_type": st.sampled_from(
            ["satisfied", "new_topic", "refinement", "repeat", "correction"]
        ),
        "evaluation_confidence": unit,
        "voice_evaluation_confidence": unit,
        "missing_widgets": st.lists(st.text(), max_size=9),
        "per_widget_feedback": st.lists(
            st.fixed_dictionaries(
                {"widget_index": st.integers(1, 30)},
                optional={"appropriateness_score": unit, "size_appropriate": st.booleans()},
            ),
            max_size=6,
        ),
        "interactions": st.lists(
            st.fixed_dictionaries(
                {"widget_index": st.integers(0, 30), "action": st.sampled_from(["view", "click"])}
            ),
            max_size=6,
        ),
        "voice_dimension_scores_claude": st.dictionaries(
            st.sampled_from(["groundedness", "conciseness", "nonsense"]),
            st.one_of(st.floats(), st.text(), st.none(), st.booleans()),
        ),
    },
)


@given(
    said=said_strategy,
    transcript=st.text(max_size=80),
    answer=st.text(max_size=300),
    latency=st.floats(-1e9, 1e9),
    confidence=unit,
)
def test_any_feedback_on_any_answer_stays_within_the_bounds(
    said: dict[str, Any], transcript: str, answer: str, latency: float, confidence: float
):
    experience = Experience.model_validate(
        {
            "query_id": "q",
            "timestamp": "2026-01-01T00:00:00Z",
            "transcript": transcript,
            "voice_response": answer,
            "processing_time_ms": latency,
            "intent_confidence": confidence,
            "widget_plan": {"widgets": [{"scenario": "kpi"}]},
        }
    )
    worth = worth_of(experience, said)
    assert -2 <= worth.total <= 2
    assert worth.voice_reward is None or -2 <= worth.voice_reward <= 2


def test_no_answers_make_no_examples(facts: Any):
    question = Question(key="key", text="", intent="")
    origin = ExampleOrigin(question=question, revision=1, cause=facts.experience())
    assert build_examples(origin, [], PairingRules()) == {}


def test_a_said_follow_up_beats_the_one_that_was_read(facts: Any):
    experience = facts.experience().experience
    assert worth_of(experience, {}, follow_up="repeat").components["follow_up_type"] == -0.5
    said = {"follow_up_type": "satisfied"}
    assert worth_of(experience, said, follow_up="repeat").components["follow_up_type"] == 0.5


def test_totals_are_clipped_to_the_bounds_in_settings(facts: Any):
    experience = facts.experience().experience
    said = {"rating": "up", "follow_up_type": "satisfied"}
    assert worth_of(experience, said, bounds=RewardBounds(high=0.5)).total == 0.5


def test_the_judge_counts_widgets_from_one_and_the_frontend_from_zero(facts: Any):
    """One plan of two widgets: the first is loved, the second was touched."""
    said = {
        "per_widget_feedback": [
            {"widget_index": 1, "appropriateness_score": 1.0},
            {"widget_index": 2, "appropriateness_score": 0.0},
        ],
        "interactions": [{"widget_index": 1, "action": "click"}],
    }
    worth = worth_of(facts.experience().experience, said)
    assert worth.components["per_widget_appropriateness"] == pytest.approx(0.4 * 0.17157287525)
    assert worth.components["widget_engagement"] == pytest.approx(0.3 * 0.7)
    assert worth.warnings == ()


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        (
            {"interactions": [{"widget_index": 2, "action": "click"}]},
            RewardWarning.TOUCH_OUTSIDE_PLAN,
        ),
        ({"per_widget_feedback": [{"widget_index": 3}]}, RewardWarning.JUDGEMENT_OUTSIDE_PLAN),
        ({"per_widget_feedback": [{"widget_index": 1}]}, RewardWarning.JUDGEMENT_WITHOUT_SCORE),
        ({"per_widget_feedback": [{"widget_index": 1}] * 51}, RewardWarning.LONG_FEEDBACK),
        ({"missing_widgets": ["kpi"] * 21}, RewardWarning.LONG_FEEDBACK),
        ({"missing_widgets": ["a nice picture"]}, RewardWarning.UNKNOWN_MISSING_WIDGET),
        (
            {"voice_dimension_scores_claude": {"directness": "high"}},
            RewardWarning.UNREADABLE_DIMENSION,
        ),
        (
            {"voice_dimension_scores_claude": {"directness": 1.5}},
            RewardWarning.UNREADABLE_DIMENSION,
        ),
    ],
)
def test_what_is_odd_in_a_reaction_is_named(
    facts: Any, said: dict[str, Any], warning: RewardWarning
):
    assert warning in worth_of(facts.experience().experience, said).warnings


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"widget_plan": None}, RewardWarning.NO_PLAN),
        ({"user_id": ""}, RewardWarning.NO_USER),
        ({"transcript": "?!"}, RewardWarning.NO_QUESTION),
        ({"transcript": "word " * 500}, RewardWarning.LONG_TRANSCRIPT),
        ({"voice_response": "word " * 1000}, RewardWarning.LONG_VOICE_RESPONSE),
        ({"widget_plan": {"widgets": [{"scenario": "hologram"}]}}, RewardWarning.UNKNOWN_SCENARIO),
        (
            {"widget_plan": {"widgets": [{"scenario": "kpi", "size": "xl"}]}},
            RewardWarning.UNKNOWN_SIZE,
        ),
        ({"widget_plan": {"widgets": [{"scenario": "kpi"}] * 51}}, RewardWarning.LONG_PLAN),
        (
            {"available_data_summary": {"readings": [{"value": "hot"}]}},
            RewardWarning.UNREADABLE_READING,
        ),
    ],
)
def test_what_is_odd_in_an_experience_is_named(
    facts: Any, changes: dict[str, Any], warning: RewardWarning
):
    assert warning in recorded_answer(facts.experience(**changes).experience).warnings


def test_a_voice_response_too_long_to_keep_is_still_scored(facts: Any):
    worth = scored(facts, GOOD + " It is fine." * 400, rating="up")
    assert worth.text_quality is not None
    assert worth.voice_reward is not None
