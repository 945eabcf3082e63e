"""Feedback reaches the row of an answer that an earlier release stored under another spelling."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from ledger.backends.erasure import SqlLedgerErasure
from ledger.backends.writer import SqlLedger
from ledger.reading import LedgerReader
from ratchet.contract import (
    Delivered,
    Event,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    ForgetRequested,
    Remark,
    derived_id,
)
from ratchet_testing.ledger_world import Opened

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
UUID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
KNOWN_AND_STORED = [
    (UUID, UUID.upper()),
    (UUID, f"{{{UUID}}}"),
    (UUID, f"urn:uuid:{UUID}"),
    (UUID, UUID.replace("-", "")),
    ("Kühlung-1", unicodedata.normalize("NFD", "Kühlung-1")),
]


def stored_before(query_id: str) -> list[Event]:
    """An answer and its score, as the release before wrote them."""
    answer = Experience.model_validate(
        {"query_id": query_id, "timestamp": NOON, "transcript": "The power?", "user_id": "ann"}
    )
    return [
        ExperienceRecorded(
            event_id=derived_id("answer"),
            occurred_at=NOON,
            experience=answer.model_copy(update={"query_id": query_id}),
        ),
        ExperienceScored(
            event_id=derived_id("score"),
            occurred_at=NOON,
            query_id=query_id,
            revision=1,
            total=0.5,
            components={},
            settings_hash="0" * 12,
        ),
    ]


def thumb(query_id: str, name: str, rating: str, user_id: str, minutes: int) -> Event:
    return FeedbackReceived(
        event_id=derived_id(name),
        occurred_at=NOON + timedelta(minutes=minutes),
        feedback=Feedback.model_validate(
            {"query_id": query_id, "rating": rating, "user_id": user_id}
        ),
    )


def write_as_stored(ledger: Opened, stored: str) -> None:
    """Write without reading again, so that ids stay as the release before spelled them."""
    ledger.write([Delivered.of(event) for event in stored_before(stored)])


@pytest.mark.parametrize(("known", "stored"), KNOWN_AND_STORED)
def test_a_thumb_after_the_upgrade_reaches_the_answer(ledger: Opened, known: str, stored: str):
    write_as_stored(ledger, stored)
    ledger.write([Delivered.of(thumb(known, "thumb", "down", "ann", 1))])
    reader = LedgerReader(ledger.read)
    details = reader.experience(known)
    assert details is not None
    assert (details.experience.query_id, details.experience.rating) == (stored, "down")
    assert details.experience.reward == 0.5
    assert len(details.facts) == 2
    assert (reader.counts().total, reader.counts().ratings["down"]) == (1, 1)


@pytest.mark.parametrize(("known", "stored"), KNOWN_AND_STORED)
def test_the_erasure_of_the_person_removes_the_thumb(ledger: Opened, known: str, stored: str):
    write_as_stored(ledger, stored)
    down, up = thumb(known, "eve", "down", "eve", 2), thumb(known, "ann", "up", "ann", 1)
    ledger.write([Delivered.of(down), Delivered.of(up)])
    request = ForgetRequested(
        event_id="forget-eve",
        occurred_at=NOON,
        requested_by="tests",
        query_ids=(),
        remarks=(Remark(event_id=down.event_id, query_id=known),),
    )
    SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(request)
    reader = LedgerReader(ledger.read)
    details = reader.experience(known)
    assert details is not None
    assert (details.experience.query_id, details.experience.rating) == (stored, "up")
    assert details.experience.reward == 0.5
    assert reader.counts().total == 1


@pytest.mark.parametrize(("known", "stored"), KNOWN_AND_STORED)
def test_an_answer_that_is_sent_again_is_no_second_one(ledger: Opened, known: str, stored: str):
    write_as_stored(ledger, stored)
    first, _ = stored_before(stored)
    assert isinstance(first, ExperienceRecorded)
    again = first.about(known).model_copy(update={"event_id": derived_id("again")})
    ledger.write([Delivered.of(again)])
    ledger.write([Delivered.of(thumb(known, "thumb", "down", "ann", 1))])
    reader = LedgerReader(ledger.read)
    details = reader.experience(known)
    assert details is not None
    assert (details.experience.query_id, details.experience.rating) == (stored, "down")
    assert details.experience.reward == 0.5
    assert (reader.counts().total, reader.counts().ratings["down"]) == (1, 1)
    assert [one.query_id for one in reader.history(10)] == [stored]
