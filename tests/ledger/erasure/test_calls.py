"""A call is kept as a question is, and erased with its user, its question and its answer."""

from sqlalchemy import select

from ledger.backends.erasure import SqlLedgerErasure
from ledger.backends.tables import events
from ledger.backends.writer import SqlLedger
from ledger.domain.erasure import Message, Subject
from ledger.reading import LedgerReader
from ratchet.contract import CallServed, ChatMessage, Event, ForgetRequested, utc_now
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import Opened


def call(call_id: str, query_id: str | None = None, user_id: str = "") -> CallServed:
    return CallServed(
        event_id=f"event-{call_id}",
        occurred_at=utc_now(),
        call_id=call_id,
        interface="ollama",
        messages=(ChatMessage(role="user", content="How warm is pump 2?"),),
        model="plant",
        text="Pump 2 is at 45 °C.",
        query_id=query_id,
        user_id=user_id,
    )


def learned(subject: Subject, *messages: Event | Message) -> Subject:
    for one in messages:
        subject.learn(one.model_dump(mode="json") if isinstance(one, Event) else one)
    return subject


def test_a_call_is_found_by_its_question_or_by_its_own_id(ledger: Opened):
    ledger.write(delivered([call("c-1", "q-1"), call("c-2"), call("c-2")]))
    with ledger.read.connect() as connection:
        rows = connection.execute(select(events.c.query_id, events.c.type)).all()
    assert sorted(map(tuple, rows)) == [("c-2", "CallServed"), ("q-1", "CallServed")]
    assert LedgerReader(ledger.read).counts().events["CallServed"] == 2


def test_the_calls_of_an_erased_question_leave_the_ledger(ledger: Opened):
    ledger.write(delivered([call("c-1", "q-1"), call("c-2"), call("c-3")]))
    request = ForgetRequested(
        event_id="forget-them",
        occurred_at=utc_now(),
        requested_by="tests",
        query_ids=("c-2", "q-1"),
    )
    erased = SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(request)
    assert erased.counts["events"] == 2
    with ledger.read.connect() as connection:
        assert connection.execute(select(events.c.query_id)).scalars().all() == ["c-3"]


def test_a_user_has_the_calls_that_name_him_and_their_questions():
    subject = learned(Subject(user_id="maria"), call("c-1", "q-1", "maria"), call("c-2"))
    assert subject.query_ids == {"c-1", "q-1"}
    assert subject.without(call("c-1").model_dump(mode="json")) is None
    other = call("c-2", "q-2").model_dump(mode="json")
    assert subject.without(other) is other


def test_a_question_has_the_calls_that_its_answer_was_joined_to():
    scored: Message = {"type": "ExperienceScored", "query_id": "q-1", "calls": ["c-1"]}
    others: Message = {"type": "ExperienceScored", "query_id": "q-2", "calls": ["c-2"]}
    subject = learned(Subject(query_ids={"q-1"}), scored, others, call("c-1", "turn-7"))
    assert subject.query_ids == {"q-1", "c-1", "turn-7"}
    assert subject.without(call("c-1").model_dump(mode="json")) is None


def test_an_example_with_the_messages_of_an_erased_call_is_erased():
    example: Message = {
        "type": "LabelBuilt",
        "example_id": "label-1",
        "sources": [{"query_id": "q-1", "user_id": ""}, {"query_id": "c-1", "user_id": ""}],
    }
    subject = learned(Subject(user_id="maria"), call("c-1", user_id="maria"), example)
    assert subject.example_ids == {"label-1"}
    assert subject.without(example) is None
