"""Erasure in the ledger removes events, rows and counts, and marks models."""

from collections.abc import Callable

from ledger.backends.erasure import SqlLedgerErasure
from ledger.backends.writer import SqlLedger
from ledger.domain.erasure import without_answers
from ledger.reading import LedgerReader
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
    """Every seventh question, and one that a model was trained on."""
    questions = sorted(e.experience.query_id for e in events if isinstance(e, ExperienceRecorded))
    runs = [event for event in events if isinstance(event, RunStarted)]
    taught = {name for run in runs for name in run.example_ids}
    sources = [
        event.sources[0].query_id
        for event in events
        if isinstance(event, BuiltExample) and event.example_id in taught and event.sources
    ]
    return ForgetRequested(
        event_id="forget-them",
        occurred_at=utc_now(),
        requested_by="tests",
        query_ids=tuple(sorted({*questions[::7], *sources[:1]})),
    )


def without(events: list[Event], gone: set[str]) -> list[Event]:
    """A retraction stays if a revision built of other questions does."""
    left = [event for event in events if gone.isdisjoint(query_ids_of(event))]
    touched = {
        event.example_id
        for event in events
        if isinstance(event, BuiltExample) and not gone.isdisjoint(query_ids_of(event))
    }
    built = {event.example_id for event in left if isinstance(event, BuiltExample)}
    orphans = touched - built
    return [e for e in left if not isinstance(e, ExampleRetracted) or e.example_id not in orphans]


def test_the_remaining_rows_are_those_of_a_ledger_without_the_erased_events(ledger: Opened):
    events = list(DAY)
    erasure_request = request(events)
    ledger.write(delivered(events))
    erased = SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(erasure_request)
    left = without(events, set(erasure_request.query_ids))
    assert erased.counts["events"] == len(events) - len(left)
    reader = LedgerReader(ledger.read)
    counted = reader.counts()
    assert counted.total == sum(isinstance(event, ExperienceRecorded) for event in left)
    assert sum(counted.events.values()) == len(left)
    assert all(reader.experience(query_id) is None for query_id in erasure_request.query_ids)
    again = SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(erasure_request)
    assert again.counts["events"] == 0
    assert again.examples == erased.examples, "a repeated request has the same result"


def test_a_model_trained_on_erased_data_is_marked(ledger: Opened):
    events = list(DAY)
    erasure_request = request(events)
    ledger.write(delivered(events))
    reader = LedgerReader(ledger.read)
    trained = {
        model.version
        for query_id in erasure_request.query_ids
        if (story := reader.experience(query_id)) is not None
        for model in story.models
    }
    assert trained
    SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(erasure_request)
    assert {m.version for m in reader.models(100) if m.trained_on_forgotten} == trained


def test_a_late_retraction_of_an_erased_example_creates_no_row(ledger: Opened):
    """The reward service retracts what it erases; the ledger may have been quicker."""
    ledger.write(delivered(DAY))
    erased = SqlLedgerErasure(ledger.engine, SqlLedger(ledger.engine)).forget(request(list(DAY)))
    before = ledger.hash
    known = {example.example_id for example in LedgerReader(ledger.read).examples(1000)}
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


def test_a_ledger_rebuilt_from_the_remaining_events_is_equal(new_url: Callable[[], str]):
    """Only the ledger's own `Forgotten` names the erased examples then."""
    events = list(DAY)
    erasure_request = request(events)
    with Opened(new_url()) as one, Opened(new_url()) as other:
        one.write(delivered(events))
        erased = SqlLedgerErasure(one.engine, SqlLedger(one.engine)).forget(erasure_request)
        answer = Forgotten.answering(erasure_request, "ledger", erased.counts, erased.examples)
        one.write(delivered([answer]))
        trained = {
            event.run_id
            for event in events
            if isinstance(event, RunStarted)
            and not set(erased.examples).isdisjoint(event.example_ids)
        }
        assert trained
        left = without(events, set(erasure_request.query_ids))
        other.write(delivered([answer]))
        other.write(
            delivered(
                [without_answers(e) if e.__dict__.get("run_id") in trained else e for e in left]
            )
        )
        assert one.hash == other.hash
        assert any(model.trained_on_forgotten for model in LedgerReader(other.read).models(100))
