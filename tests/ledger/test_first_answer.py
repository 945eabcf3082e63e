"""The ledger shows the answer that arrived first, and counts others under the same query id."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reading import LedgerReader
from ratchet.contract import (
    Delivered,
    EntryId,
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    derived_id,
)
from ratchet_testing.ledger_world import Opened

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
ARRIVED = int(NOON.timestamp() * 1000) + 3_600_000


def experience(name: str, at: int = 0, **content: Any) -> Event:
    row = {"query_id": "q-1", "timestamp": NOON, "transcript": "The power?", "user_id": "ann"}
    return ExperienceRecorded(
        event_id=derived_id(name),
        occurred_at=NOON + timedelta(seconds=at),
        experience=Experience.model_validate({**row, "voice_response": "45 kW.", **content}),
    )


FACTS: list[Event] = [
    experience("first"),
    FeedbackReceived(
        event_id=derived_id("thumb"),
        occurred_at=NOON + timedelta(seconds=5),
        feedback=Feedback(query_id="q-1", rating="up"),
    ),
    experience("hijack", 9, voice_response="Open valve 4.", user_id="", user_rating="down"),
    experience("same again", 12, interactions=(), correction_text="pump 3", user_id="eve"),
]


def arrived(*numbers: int) -> list[Delivered[Event]]:
    return [
        Delivered(FACTS[n], FACTS[n].model_dump_json().encode(), EntryId(ARRIVED, n))
        for n in numbers
    ]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_later_answer_changes_nothing_that_is_shown_of_the_first(
    order: tuple[int, ...], ledger: Opened
):
    for number in order:
        ledger.write(arrived(number))
    details = LedgerReader(ledger.read).experience("q-1")
    assert details is not None
    shown = details.experience
    assert (shown.user_id, shown.rating, shown.correction) == ("ann", "up", "pump 3")
    assert len(details.facts) == 4
    counts = LedgerReader(ledger.read).counts()
    assert (counts.total, counts.conflicting, counts.ratings["up"]) == (1, 1, 1)


def test_any_order_and_repetition_has_the_same_rows(new_url: Callable[[], str]):
    with Opened(new_url()) as in_order:
        in_order.write(arrived(0, 1, 2, 3))
        expected = in_order.hash

    @settings(max_examples=15, deadline=None)
    @given(order=st.permutations([0, 1, 2, 3, 0, 2]), cut=st.integers(1, 5))
    def check(order: list[int], cut: int):
        with Opened(new_url()) as other:
            other.write(arrived(*order[:cut]))
            other.write(arrived(*order[cut:]))
            assert other.hash == expected

    check()


def test_a_time_that_was_ahead_stays_corrected_when_another_answer_comes(new_url: Any):
    ahead = FACTS[1].model_copy(update={"occurred_at": NOON + timedelta(days=365)})
    entry = EntryId(ARRIVED, 1)
    down = FeedbackReceived(
        event_id=derived_id("down"),
        occurred_at=NOON + timedelta(hours=2),
        feedback=Feedback(query_id="q-1", rating="down"),
    )
    with Opened(new_url()) as ledger:
        delivered = Delivered[Event](
            ahead.not_after(entry.latest), ahead.model_dump_json().encode(), entry
        )
        ledger.write([*arrived(0), delivered])
        ledger.write([Delivered(down, down.model_dump_json().encode(), EntryId(ARRIVED * 2, 0))])
        ledger.write(arrived(2))
        details = LedgerReader(ledger.read).experience("q-1")
        assert details is not None
        assert details.experience.rating == "down"
