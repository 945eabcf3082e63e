"""Forgetting in the ledger: events, rows and counts are as if never told, and models are marked."""

from collections.abc import Callable

from ledger.backends.erasure import SqlForgetting
from ledger.backends.writer import SqlLedger
from ledger.domain.erasure import without_answers
from ledger.reading.reader import SqlLedgerReader
from ratchet.contract import (
    BuiltExample,
    Event,
    ExampleRetracted,
    ExperienceRecorded,
    ForgetRequested,
    Forgotten,
    RunStarted,
    utc_now,
)
from ratchet.storage import query_ids_of
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import DAY, Opened


def request(events: list[Event]) -> ForgetRequested:
    """Every seventh question."""
    asked = sorted(e.experience.query_id for e in events if isinstance(e, ExperienceRecorded))
    return ForgetRequested(
        event_id="forget-them",
        occurred_at=utc_now(),
        requested_by="tests",
        query_ids=tuple(asked[::7]),
    )


def without(events: list[Event], gone: set[str]) -> list[Event]:
    """A retraction stays where something that was built of others' questions does."""
    left = [event for event in events if gone.isdisjoint(query_ids_of(event))]
    touched = {
        event.example_id
        for event in events
        if isinstance(event, BuiltExample) and not gone.isdisjoint(query_ids_of(event))
    }
    built = {event.example_id for event in left if isinstance(event, BuiltExample)}
    orphans = touched - built
    return [e for e in left if not isinstance(e, ExampleRetracted) or e.example_id not in orphans]


def test_the_rest_is_as_if_they_had_never_been_told(ledger: Opened):
    events = list(DAY)
    asked = request(events)
    ledger.write(delivered(events))
    erased = SqlForgetting(ledger.engine, SqlLedger(ledger.engine)).forget(asked)
    left = without(events, set(asked.query_ids))
    assert erased.counts["events"] == len(events) - len(left)
    reader = SqlLedgerReader(ledger.read)
    counted = reader.counts()
    assert counted.total == sum(isinstance(event, ExperienceRecorded) for event in left)
    assert sum(counted.events.values()) == len(left)
    assert all(reader.experience(query_id) is None for query_id in asked.query_ids)
    again = SqlForgetting(ledger.engine, SqlLedger(ledger.engine)).forget(asked)
    assert again.counts["events"] == 0
    assert again.examples == erased.examples, "whoever asks twice is told the same"


def test_a_model_that_learnt_from_them_is_marked(ledger: Opened):
    events = list(DAY)
    asked = request(events)
    ledger.write(delivered(events))
    reader = SqlLedgerReader(ledger.read)
    learnt = {
        model.version
        for query_id in asked.query_ids
        if (story := reader.experience(query_id)) is not None
        for model in story.models
    }
    assert learnt
    SqlForgetting(ledger.engine, SqlLedger(ledger.engine)).forget(asked)
    assert {m.version for m in reader.models(100) if m.trained_on_forgotten} == learnt


def test_a_retraction_that_comes_later_leaves_no_row(ledger: Opened):
    """Reward retracts what it forgets; the ledger may have been quicker."""
    ledger.write(delivered(DAY))
    erased = SqlForgetting(ledger.engine, SqlLedger(ledger.engine)).forget(request(list(DAY)))
    before = ledger.hash
    known = {example.example_id for example in SqlLedgerReader(ledger.read).examples(1000)}
    gone = next(name for name in erased.examples if name not in known)
    late = ExampleRetracted(
        event_id="retracted-late",
        occurred_at=utc_now(),
        example_id=gone,
        revision=9,
        reason="forgotten",
    )
    assert ledger.write(delivered([late])) == 0
    assert ledger.hash == before
    assert ledger.write(delivered([late.model_copy(update={"example_id": next(iter(known))})])) == 1


def test_a_ledger_folded_from_what_is_left_holds_the_same(new_url: Callable[[], str]):
    """The ledger's own answer says which examples went: nothing else does any more."""
    events = list(DAY)
    asked = request(events)
    with Opened(new_url()) as one, Opened(new_url()) as other:
        one.write(delivered(events))
        erased = SqlForgetting(one.engine, SqlLedger(one.engine)).forget(asked)
        answer = Forgotten.answering(asked, "ledger", erased.counts, erased.examples)
        one.write(delivered([answer]))
        learnt = {
            event.run_id
            for event in events
            if isinstance(event, RunStarted)
            and not set(erased.examples).isdisjoint(event.example_ids)
        }
        assert learnt
        left = without(events, set(asked.query_ids))
        other.write(delivered([answer]))
        other.write(
            delivered(
                [without_answers(e) if e.__dict__.get("run_id") in learnt else e for e in left]
            )
        )
        assert one.hash == other.hash
        assert any(model.trained_on_forgotten for model in SqlLedgerReader(other.read).models(100))
