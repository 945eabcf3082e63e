"""State in Redis that another release wrote: it is read, and goes on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import ExperienceScored, Feedback, FeedbackReceived, Value, derived_id
from reward.domain.examples.example_set import QuestionState
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.scored_answer import Answered, Policy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics

EARLIER: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "earlier/state.json").read_text()
)
"""What the first release kept of one question's three answers and what was said of them."""

KINDS: dict[str, type[Value]] = {
    "answered": Answered,
    "day": OperatorDay,
    "question": QuestionState,
}


def read(key: str, value: object) -> Any:
    return KINDS[key.split(":")[2]].model_validate_json(json.dumps(value))


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """The places of `before` that `after` has no more, or says otherwise."""
    if isinstance(before, dict):
        return [
            place
            for key, value in before.items()
            for place in (lost(value, after[key], f"{path}.{key}") if key in after else [key])
        ]
    return [] if before == after else [path]


@pytest.mark.parametrize("key", EARLIER)
def test_what_the_first_release_kept_is_read_and_kept_whole(key: str):
    assert lost(EARLIER[key], read(key, EARLIER[key]).model_dump(mode="json")) == []


@pytest.mark.parametrize("key", EARLIER)
def test_what_a_newer_release_added_does_not_stop_this_one(key: str):
    newer = {**EARLIER[key], "a_key_of_tomorrow": {"x": 1}}
    assert read(key, newer) == read(key, EARLIER[key])


async def test_feedback_after_the_upgrade_adds_a_revision_to_an_answer_from_before():
    state = MemoryState()
    state.values = {key: json.dumps(value).encode() for key, value in EARLIER.items()}
    answers = {key: read(key, value) for key, value in EARLIER.items() if ":answered:" in key}
    key, known = next(iter(answers.items()))
    handlers = RewardHandlers(Policy(), RewardMetrics(CollectorRegistry()))
    word = FeedbackReceived(
        event_id=derived_id("after"),
        occurred_at=datetime(2026, 1, 6, tzinfo=UTC),
        feedback=Feedback(query_id=key.rpartition(":")[2], rating="down", correction="no"),
    )
    emitted = state.apply(await handlers.handle_facts([word], state))
    [scored] = [event for event in emitted if isinstance(event, ExperienceScored)]
    assert scored.revision == known.revision + 1
    assert scored.rating == "down"
