"""The final state of a history is what a reader has that keeps the highest revisions."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from ledger.domain.final_state import FinalState, differences
from ratchet.contract import ExampleRetracted, LabelBuilt, Question, Source, derived_id

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)


def built(revision: int, reward: float) -> LabelBuilt:
    return LabelBuilt(
        event_id=derived_id(str(revision), str(reward)),
        occurred_at=NOON,
        example_id="e",
        revision=revision,
        aspect="voice",
        rule="thumb",
        question=Question(key="k", text="What is the power?", intent="query"),
        prompt="What is the power?",
        sources=(Source(query_id="q", revision=1),),
        answer="45 kW.",
        desirable=True,
        reward=reward,
    )


def retracted(revision: int) -> ExampleRetracted:
    return ExampleRetracted(
        event_id=derived_id(str(revision), "retracted"),
        occurred_at=NOON,
        example_id="e",
        revision=revision,
        reason="withdrawn",
    )


def state_after(*events: LabelBuilt | ExampleRetracted) -> FinalState:
    state = FinalState()
    for event in events:
        state.add(event)
    return state


@pytest.mark.parametrize("last", [built(3, 0.9), retracted(3)])
def test_a_lower_revision_that_a_repair_put_back_changes_nothing(
    last: LabelBuilt | ExampleRetracted,
):
    expected = state_after(last)
    for events in permutations([built(1, 0.1), built(2, 0.5), last]):
        assert differences(state_after(*events), expected) == []


def test_of_equal_revisions_the_last_one_counts():
    assert state_after(built(1, 0.1), built(1, 0.5)) != state_after(built(1, 0.1))
    assert differences(state_after(built(1, 0.1), built(1, 0.5)), state_after(built(1, 0.5))) == []
