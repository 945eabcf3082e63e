"""Whole scores: the three cases that must hold, and bounds that hold for any input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.events.experience import Experience, Feedback
from reward.domain.pairing import PairingRules, plan_examples
from reward.domain.scoring import Score, Weights, score


def scored(facts: Any, answer: str, **said: Any) -> Score:
    experience = facts.experience(voice_response=answer).experience
    return score(experience, Feedback.model_validate({"query_id": "q-1", **said}), Weights())


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
    assert worth.text_quality["total"] > 0.7


def test_filler_bold_and_a_url_judged_015_and_rated_down_is_worth_less_than_0_and_bad(facts: Any):
    worth = scored(facts, BAD, rating="down", voice_evaluation_confidence=0.15)
    assert worth.total < 0
    assert worth.voice_rating == "bad"
    assert worth.text_quality is not None
    assert worth.text_quality["total"] < 0.4


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
    worth = score(experience, Feedback.model_validate({"query_id": "q-1", **said}), Weights())
    assert worth.widget_reward is None
    assert worth.voice_reward is not None
    for name in ("per_widget_appropriateness", "missing_widget_penalty", "widget_engagement"):
        assert worth.components[name] == 0


unit = st.floats(0, 1)
said_strategy = st.fixed_dictionaries(
    {"query_id": st.just("q")},
    optional={
        "rating": st.sampled_from(["up", "down"]),
        "follow_up_type": st.sampled_from(["satisfied", "refinement", "repeat", "correction"]),
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
    worth = score(experience, Feedback.model_validate(said), Weights())
    assert -2 <= worth.total <= 2
    assert worth.voice_reward is None or -2 <= worth.voice_reward <= 2


def test_no_answers_make_no_examples():
    assert plan_examples([], PairingRules()) == {}
