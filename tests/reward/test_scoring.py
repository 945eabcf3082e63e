"""Whole scores: three reference cases, and bounds for any input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Experience, Feedback, Question
from reward.domain.answers.reaction import AnswerReaction, statements_of
from reward.domain.answers.recorded_answer import recorded_answer
from reward.domain.answers.warnings import RewardWarning
from reward.domain.examples.origin import ExampleOrigin
from reward.domain.examples.pairing import build_examples
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.scoring.score import Score, score_answer
from reward.domain.scoring.weights import RewardBounds, RewardWeights


def score_of(experience: Experience, content: dict[str, Any], **settings: Any) -> Score:
    feedback = Feedback.model_validate({"query_id": "q-1", **content})
    reaction = AnswerReaction.model_validate(statements_of(feedback))
    return score_answer(recorded_answer(experience), reaction, RewardWeights(), **settings)


def scored(facts: Any, answer: str, **content: Any) -> Score:
    return score_of(facts.experience(voice_response=answer).experience, content)


GOOD = (
    "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its daily average of "
    "40 kilowatts."
)
BAD = (
    "Well, let me look. **Everything** is at https://plant.example/p now. It is fine. "
    "Ask me more. I'd be happy to help."
)


def test_a_good_answer_judged_092_and_rated_up_has_a_positive_reward(facts: Any):
    score = scored(facts, GOOD, rating="up", voice_evaluation_confidence=0.92)
    assert score.total > 0
    assert score.voice_rating == "good"
    assert score.text_quality is not None
    assert score.text_quality.total > 0.7


def test_filler_bold_and_a_url_judged_015_and_rated_down_has_a_negative_reward(facts: Any):
    score = scored(facts, BAD, rating="down", voice_evaluation_confidence=0.15)
    assert score.total < 0
    assert score.voice_rating == "bad"
    assert score.text_quality is not None
    assert score.text_quality.total < 0.4


def test_a_bad_voice_with_good_widgets_is_never_chosen(facts: Any):
    content = {
        "rating": "up",
        "evaluation_confidence": 0.93,
        "voice_evaluation_confidence": 0.18,
        "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.95}],
    }
    score = scored(facts, GOOD, **content)
    assert score.total > 0
    assert score.voice_rating == "bad"
    assert score.voice_reward is not None
    assert score.voice_reward < 0
    assert score.widget_reward is not None
    assert score.widget_reward > 0


def test_components_sum_to_the_total(facts: Any):
    score = scored(facts, GOOD, rating="up", follow_up_type="satisfied")
    assert score.total == pytest.approx(sum(score.components.values()))


def test_a_row_without_a_plan_is_scored_for_its_voice_only(facts: Any):
    experience = facts.experience(widget_plan=None).experience
    content = {
        "rating": "up",
        "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.0}],
        "missing_widgets": ["kpi"],
        "interactions": [{"widget_index": 0, "action": "click"}],
    }
    score = score_of(experience, content)
    assert score.widget_reward is None
    assert score.voice_reward is not None
    for name in ("per_widget_appropriateness", "missing_widget_penalty", "widget_engagement"):
        assert score.components[name] == 0


unit = st.floats(0, 1)
contents = st.fixed_dictionaries(
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
    content=contents,
    transcript=st.text(max_size=80),
    answer=st.text(max_size=300),
    latency=st.floats(-1e9, 1e9),
    confidence=unit,
)
def test_any_feedback_on_any_answer_stays_within_the_bounds(
    content: dict[str, Any], transcript: str, answer: str, latency: float, confidence: float
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
    score = score_of(experience, content)
    assert -2 <= score.total <= 2
    assert score.voice_reward is None or -2 <= score.voice_reward <= 2


def test_no_answers_make_no_examples(facts: Any):
    question = Question(key="key", text="", intent="")
    origin = ExampleOrigin(question=question, revision=1, cause=facts.experience())
    assert build_examples(origin, [], PairingRules()) == {}


def test_a_stated_follow_up_takes_precedence_over_the_classified_one(facts: Any):
    experience = facts.experience().experience
    assert score_of(experience, {}, follow_up="repeat").components["follow_up_type"] == -0.5
    content = {"follow_up_type": "satisfied"}
    assert score_of(experience, content, follow_up="repeat").components["follow_up_type"] == 0.5


def test_totals_are_clipped_to_the_bounds_in_settings(facts: Any):
    experience = facts.experience().experience
    content = {"rating": "up", "follow_up_type": "satisfied"}
    assert score_of(experience, content, bounds=RewardBounds(high=0.5)).total == 0.5


def test_the_judge_counts_widgets_from_one_and_the_frontend_from_zero(facts: Any):
    """One plan of two widgets: the first is loved, the second was touched."""
    content = {
        "per_widget_feedback": [
            {"widget_index": 1, "appropriateness_score": 1.0},
            {"widget_index": 2, "appropriateness_score": 0.0},
        ],
        "interactions": [{"widget_index": 1, "action": "click"}],
    }
    score = score_of(facts.experience().experience, content)
    assert score.components["per_widget_appropriateness"] == pytest.approx(0.4 * 0.17157287525)
    assert score.components["widget_engagement"] == pytest.approx(0.3 * 0.7)
    assert score.warnings == ()


@pytest.mark.parametrize(
    ("content", "warning"),
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
def test_each_warning_about_a_reaction_is_named(
    facts: Any, content: dict[str, Any], warning: RewardWarning
):
    assert warning in score_of(facts.experience().experience, content).warnings


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
def test_each_warning_about_an_experience_is_named(
    facts: Any, changes: dict[str, Any], warning: RewardWarning
):
    assert warning in recorded_answer(facts.experience(**changes).experience).warnings


def test_a_voice_response_too_long_to_store_is_scored(facts: Any):
    score = scored(facts, GOOD + " It is fine." * 400, rating="up")
    assert score.text_quality is not None
    assert score.voice_reward is not None
