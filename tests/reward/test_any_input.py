"""Anything the schema allows is scored within the bounds, and each warning counted once."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from ratchet.contract import Delivered, Experience, ExperienceRecorded, Feedback, FeedbackReceived
from reward.domain.answers.warnings import RewardWarning
from reward.domain.scoring.weights import RewardBounds, RewardWeights
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.offline import OfflineReplay

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
numbers = st.integers(-(10**30), 10**30) | st.floats()
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
shares = st.floats(0, 1)
likely = {
    "timestamp": st.just("2026-01-20T12:00:00Z"),
    "user_rating": st.sampled_from(["up", "down"]),
    "rating": st.sampled_from(["up", "down"]),
    "follow_up_type": st.sampled_from(
        ["satisfied", "new_topic", "refinement", "repeat", "correction"]
    ),
    "voice_response_rating": st.sampled_from(["good", "bad"]),
    "transcript": st.text(max_size=60),
    "voice_response": st.text(max_size=200),
    "intent_confidence": shares,
    "evaluation_confidence": shares,
    "voice_evaluation_confidence": shares,
    "processing_time_ms": st.floats(-1e12, 1e12),
    "widget_plan": st.fixed_dictionaries(
        {"widgets": st.lists(st.fixed_dictionaries({"scenario": st.text(max_size=9)}), max_size=5)}
    ),
    "per_widget_feedback": st.lists(
        st.fixed_dictionaries(
            {"widget_index": st.integers(1, 10**400)},
            optional={"appropriateness_score": shares, "size_appropriate": st.booleans()},
        ),
        max_size=5,
    ),
    "missing_widgets": st.lists(st.text(max_size=9), max_size=5),
    "available_data_summary": st.fixed_dictionaries(
        {
            "readings": st.lists(
                st.fixed_dictionaries(
                    {
                        "equipment": st.text(),
                        "metric": st.text(),
                        "value": st.floats(),
                        "unit": st.text(),
                    }
                ),
                max_size=3,
            )
        }
    ),
}


def allowed(
    model: type[Experience] | type[Feedback], base: dict[str, Any]
) -> st.SearchStrategy[Any]:
    """Objects of `model`: likely and arbitrary values, whatever of them the schema takes."""

    def build(row: dict[str, Any]) -> Any:
        accepted = dict(base)
        for name, value in row.items():
            try:
                model.model_validate({**accepted, name: value})
            except ValidationError:
                continue
            accepted[name] = value
        return model.model_validate(accepted)

    fields = set(model.model_fields) - set(base)
    return st.fixed_dictionaries(
        {}, optional={name: likely.get(name, anything) | anything for name in sorted(fields)}
    ).map(build)


@settings(max_examples=150, deadline=None)
@given(
    experience=allowed(Experience, {"query_id": "q", "timestamp": "2026-01-20T12:00:00Z"}),
    feedback=allowed(Feedback, {"query_id": "q"}),
)
async def test_anything_the_schema_allows_is_scored_within_the_bounds(
    experience: Experience, feedback: Feedback
):
    """Through the events' own JSON, so that state and events are read back as they are written."""
    recorded = ExperienceRecorded(event_id="e" * 8, occurred_at=NOON, experience=experience)
    received = FeedbackReceived(event_id="f" * 8, occurred_at=NOON, feedback=feedback)
    replay = OfflineReplay(RewardPolicy())
    for fact in (recorded, received, recorded):
        await replay.add(type(fact).model_validate_json(fact.model_dump_json()))
    for event in replay.emitted:
        assert type(event).model_validate_json(event.model_dump_json()) == event
    score = replay.scores["q"]
    assert -2 <= score.total <= 2
    assert math.isclose(max(-2, min(2, sum(score.components.values()))), score.total, abs_tol=1e-9)
    for reward in (score.widget_reward, score.voice_reward):
        assert reward is None or -2 <= reward <= 2


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_non_finite_number_is_rejected_by_name(number: str):
    row = f'{{"query_id":"q","timestamp":"2026-01-20T12:00:00Z","processing_time_ms":{number}}}'
    with pytest.raises(ValidationError, match="processing_time_ms"):
        Experience.model_validate_json(row)


async def test_each_kind_of_warning_is_counted_once_per_answer(facts: Any):
    metrics = RewardMetrics(CollectorRegistry())
    handlers, state = RewardHandlers(RewardPolicy(), metrics), MemoryState()
    for fact in (
        facts.experience("q-1", widget_plan=None),
        facts.feedback("q-1", rating="up", interactions=[{"widget_index": 7, "action": "view"}]),
        facts.feedback("q-1", at=20, rating="down"),
        facts.experience("q-2", widget_plan=None),
    ):
        state.apply(await handlers.handle([Delivered.of(fact)], state))

    def count(kind: RewardWarning) -> float:
        return metrics.warnings.labels(kind.value)._value.get()

    assert count(RewardWarning.NO_PLAN) == 2
    assert count(RewardWarning.TOUCH_OUTSIDE_PLAN) == 1
    assert count(RewardWarning.NO_USER) == 0


async def test_a_reward_names_its_settings_and_its_warnings(facts: Any):
    async def scored(policy: RewardPolicy) -> Any:
        replay = OfflineReplay(policy)
        await replay.add(facts.experience("q-1", widget_plan=None))
        return replay.scores["q-1"]

    usual = await scored(RewardPolicy())
    assert usual.warnings == ("no_plan",)
    assert usual.settings_hash == (await scored(RewardPolicy())).settings_hash
    heavier = await scored(RewardPolicy(weights=RewardWeights(text_quality=0.5)))
    faster = await scored(RewardPolicy(bounds=RewardBounds(fast_s=2)))
    assert len({usual.settings_hash, heavier.settings_hash, faster.settings_hash}) == 3
