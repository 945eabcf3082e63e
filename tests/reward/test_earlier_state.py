"""State in Redis from another release is read and continued."""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    Delivered,
    EntryId,
    Event,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    ForgetRequested,
    Remark,
    Value,
    derived_id,
)
from reward.domain.examples.example_set import QuestionState
from reward.domain.state.operator_day import OperatorDay
from reward.domain.state.policy import RewardPolicy
from reward.domain.state.scored_answer import ScoredAnswer
from reward.erasure import RewardErasureHandler
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


UUID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
STORED_AND_SENT = [
    (UUID.upper(), UUID.upper()),
    (f"{{{UUID}}}", UUID),
    (f"urn:uuid:{UUID}", f"urn:uuid:{UUID}"),
    (UUID.replace("-", ""), f"({UUID})"),
    (unicodedata.normalize("NFD", "Kühlung-1"), "Kühlung-1"),
]


SENT_AT = datetime(2026, 1, 6, tzinfo=UTC)


def stored_as(query_id: str) -> tuple[MemoryState, ScoredAnswer]:
    """The earlier state, in which one of the answers has this id."""
    key = next(key for key in EARLIER if ":answered:" in key)
    earlier = json.loads(json.dumps(EARLIER).replace(key.rpartition(":")[2], query_id))
    state = MemoryState()
    state.values = {key: json.dumps(value).encode() for key, value in earlier.items()}
    return state, read(key, EARLIER[key])


def feedback(query_id: str, **content: Any) -> Delivered[FeedbackReceived]:
    return Delivered.of(
        FeedbackReceived(
            event_id=derived_id(*content),
            occurred_at=SENT_AT,
            feedback=Feedback.model_validate({"query_id": query_id, **content}),
        )
    )


def scores(emitted: Sequence[Event]) -> list[tuple[str, int, str | None]]:
    return [
        (event.query_id, event.revision, event.rating)
        for event in emitted
        if isinstance(event, ExperienceScored)
    ]


@pytest.mark.parametrize(("stored", "sent"), STORED_AND_SENT)
async def test_feedback_reaches_an_answer_that_was_stored_under_another_spelling(
    stored: str, sent: str
):
    state, known = stored_as(stored)
    keys = set(state.values)
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    both = [feedback(sent, rating="down"), feedback(sent, correction="no")]
    emitted = state.apply(await handlers.handle(both, state))
    assert scores(emitted) == [
        (stored, known.revision + 1, "down"),
        (stored, known.revision + 2, "down"),
    ]
    assert set(state.values) == keys


@pytest.mark.parametrize(("stored", "sent"), STORED_AND_SENT)
async def test_an_answer_that_is_sent_again_is_no_second_one(stored: str, sent: str):
    state, _ = stored_as(stored)
    keys = set(state.values)
    experience = {"query_id": sent, "timestamp": SENT_AT, "transcript": "Any alarms?"}
    again = ExperienceRecorded(
        event_id=derived_id("again"),
        occurred_at=SENT_AT,
        experience=Experience.model_validate(experience),
    )
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    emitted = state.apply(await handlers.handle([Delivered(again, b"", EntryId(1, 0))], state))
    assert {query_id for query_id, *_ in scores(emitted)} <= {stored}
    waiting = {key for key in state.values if key.startswith("ratchet:reward:calls:")}
    assert set(state.values) - waiting == keys
    assert handlers.conflicts == 1, "the first answer stays"


@pytest.mark.parametrize(("stored", "sent"), STORED_AND_SENT)
async def test_the_erasure_of_its_author_removes_such_feedback(stored: str, sent: str):
    state, known = stored_as(stored)
    policy = RewardPolicy()
    handlers = RewardHandlers(policy, RewardMetrics(CollectorRegistry()))
    thumb = feedback(sent, rating="down")
    state.apply(await handlers.handle([thumb], state))
    request = ForgetRequested(
        event_id="forget-eve",
        occurred_at=thumb.event.occurred_at,
        requested_by="tests",
        query_ids=(),
        remarks=(Remark(event_id=thumb.event.event_id, query_id=thumb.event.feedback.query_id),),
    )
    erasure = RewardErasureHandler(policy, handlers)
    emitted = state.apply(await erasure.handle([Delivered.of(request)], state))
    assert [each[:2] for each in scores(emitted)] == [(stored, known.revision + 2)]
    assert scores(emitted)[0][2] != "down"
