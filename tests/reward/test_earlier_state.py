"""State in Redis from another release is read and continued."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    Delivered,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    Value,
    derived_id,
)
from reward.domain.examples.example_set import QuestionState
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.scored_answer import ScoredAnswer
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics

EARLIER: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "earlier/state.json").read_text()
)
"""The state of the first release: one question's three answers and the feedback on them."""

KINDS: dict[str, type[Value]] = {
    "answered": ScoredAnswer,
    "day": OperatorDay,
    "question": QuestionState,
}


def read(key: str, value: object) -> Any:
    return KINDS[key.split(":")[2]].model_validate_json(json.dumps(value))


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """The paths in `before` that `after` lacks or changes."""
    if isinstance(before, dict):
        return [
            place
            for key, value in before.items()
            for place in (lost(value, after[key], f"{path}.{key}") if key in after else [key])
        ]
    return [] if before == after else [path]


@pytest.mark.parametrize("key", EARLIER)
def test_state_of_the_first_release_is_read_without_loss(key: str):
    assert lost(EARLIER[key], read(key, EARLIER[key]).model_dump(mode="json")) == []


@pytest.mark.parametrize("key", EARLIER)
def test_fields_of_a_newer_release_are_ignored(key: str):
    newer = {**EARLIER[key], "a_key_of_tomorrow": {"x": 1}}
    assert read(key, newer) == read(key, EARLIER[key])


async def test_feedback_after_an_upgrade_adds_a_revision_to_an_earlier_answer():
    state = MemoryState()
    state.values = {key: json.dumps(value).encode() for key, value in EARLIER.items()}
    answers = {key: read(key, value) for key, value in EARLIER.items() if ":answered:" in key}
    key, known = next(iter(answers.items()))
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    word = FeedbackReceived(
        event_id=derived_id("after"),
        occurred_at=datetime(2026, 1, 6, tzinfo=UTC),
        feedback=Feedback(query_id=key.rpartition(":")[2], rating="down", correction="no"),
    )
    emitted = state.apply(await handlers.handle([Delivered.of(word)], state))
    [scored] = [event for event in emitted if isinstance(event, ExperienceScored)]
    assert scored.revision == known.revision + 1
    assert scored.rating == "down"
