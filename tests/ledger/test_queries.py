"""Queries on the ledger of a small plant's day, with one run that is rolled back."""

from itertools import groupby

import pytest

from ledger.backends.migration import schema_problem
from ledger.reading import JudgedRuns, LedgerReader
from ratchet.contract import (
    Event,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    RunFinished,
    RunStarted,
    derived_id,
)
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import DAY, START, Opened


def of(kind: type[Event]) -> list[Event]:
    return [event for event in DAY if isinstance(event, kind)]


@pytest.fixture
def reader(ledger: Opened) -> LedgerReader:
    ledger.write(delivered(DAY))
    return LedgerReader(ledger.read)


def test_counts_agree_with_the_rows(reader: LedgerReader):
    counts, rows = reader.counts(), reader.history(10_000)
    assert counts.total == len(rows) == len(of(ExperienceRecorded))
    for rating in ("up", "down"):
        assert counts.ratings[rating] == sum(row.rating == rating for row in rows)
    assert sum(counts.latencies.values()) == sum(counts.sources.values()) == counts.total
    mean = sum(row.reward or 0.0 for row in rows) / len(rows)
    assert counts.means["reward"] == pytest.approx(mean, abs=1e-6)
    assert sum(counts.events.values()) == len({event.event_id for event in DAY})


def test_history_starts_with_the_newest(reader: LedgerReader):
    rows = reader.history(10)
    assert rows == sorted(rows, key=lambda row: row.answered_at or START, reverse=True)
    assert rows == reader.history(100)[:10]


def test_the_most_frequent_scenarios_come_first(reader: LedgerReader):
    rows = reader.most_frequent("scenario", 3)
    shown = sorted(scenario for row in reader.history(10_000) for scenario in row.scenarios or ())
    lengths = sorted((len(list(same)) for _, same in groupby(shown)), reverse=True)
    assert list(rows.values()) == lengths[:3]


def test_the_last_revision_of_a_reward_counts_and_all_are_listed(reader: LedgerReader):
    last = max(of(ExperienceScored), key=lambda event: event.revision)
    details = reader.experience(last.query_id)
    assert details is not None
    assert (details.experience.revision, details.experience.reward) == (last.revision, last.total)
    assert details.experience.components == last.components
    revisions = [event.body["revision"] for event in details.revisions]
    assert revisions == list(range(1, last.revision + 1))


def test_lineage_leads_from_a_model_to_its_experiences_and_back(reader: LedgerReader):
    [started] = of(RunStarted)
    model = reader.model("v1")
    assert model is not None
    assert model.run is not None
    assert model.run.verdict == "accepted"
    assert {example.example_id for example in model.examples} == set(started.example_ids)
    assert model.experiences
    for query_id in model.experiences:
        details = reader.experience(query_id)
        assert details is not None
        assert [version.version for version in details.models] == ["v1"]
        assert any(example.used_by == ("run-1",) for example in details.examples)


def test_examples_that_a_run_left_out_are_not_in_its_lineage(ledger: Opened):
    [started] = of(RunStarted)
    left, *used = started.example_ids
    day = [
        event.model_copy(update={"left_out": {"prompt_too_long": (left,)}})
        if isinstance(event, RunFinished)
        else event
        for event in DAY
    ]
    ledger.write(delivered(reversed(day)))
    reader = LedgerReader(ledger.read)
    model = reader.model("v1")
    assert model is not None
    assert {example.example_id for example in model.examples} == set(used)
    states = {example.example_id: example for example in reader.examples(1000)}
    assert (states[left].state, states[left].used_by) == ("built", ())
    sources = {query_id for query_id in states[left].sources if query_id not in model.experiences}
    for query_id in sources:
        details = reader.experience(query_id)
        assert details is not None
        assert details.models == ()


def test_a_rollback_is_recorded_with_requester_and_reason(reader: LedgerReader):
    states = {model.version: model for model in reader.models(10)}
    assert {version: model.state for version, model in states.items()} == {
        "v0": "active",
        "v1": "rolled_back",
    }
    assert (states["v1"].went_by, states["v1"].went_because) == ("maria", "worse on chillers")


def test_pages_of_examples_hold_each_once(reader: LedgerReader):
    rows, after = [], None
    while page := reader.examples(7, after):
        rows += [example.example_id for example in page]
        after = page[-1].example_id
    assert rows == [example.example_id for example in reader.examples(1000)]
    assert len(set(rows)) == len(rows)


def test_pages_of_experiences_hold_each_once(reader: LedgerReader):
    rows, after = [], None
    while page := reader.history(7, after):
        rows += [row.query_id for row in page]
        after = page[-1].query_id
    assert rows == [row.query_id for row in reader.history(1000)]
    assert len(set(rows)) == len(rows)
    assert reader.history(7, "no such question") == []


def test_runs_with_a_verdict_are_counted_by_method(reader: LedgerReader):
    assert reader.judged_runs() == {"dpo": JudgedRuns(count=1, examples=4)}


def test_the_active_model_is_the_last_one_activated(reader: LedgerReader):
    model = reader.active_model()
    assert model is not None
    assert (model.version, model.state) == ("v0", "active")


def test_examples_are_built_used_or_retracted(reader: LedgerReader):
    [started] = of(RunStarted)
    used = reader.examples(1000, state="used")
    assert {example.example_id for example in used} <= set(started.example_ids)
    gone = reader.examples(1000, state="retracted")
    assert gone
    assert all(example.reason for example in gone)
    pairs = reader.examples(1000, kind="pair", aspect="voice", state="built")
    assert {(pair.kind, pair.aspect, pair.state) for pair in pairs} == {("pair", "voice", "built")}


def test_a_run_has_its_events_and_its_loss_curve(reader: LedgerReader):
    run = reader.run("run-1")
    assert run is not None
    assert run.events[0].type == "RunStarted"
    assert len(run.events) == 7
    last = reader.last_verdict()
    assert last is not None
    assert [point["step"] for point in last.body["curve"]] == [1, 3]


def test_feedback_may_arrive_before_its_experience(ledger: Opened):
    feedback = Feedback.model_validate({"query_id": "q-early\x00", "rating": "up"})
    early = FeedbackReceived(event_id=derived_id("early"), occurred_at=START, feedback=feedback)
    ledger.write(delivered([early]))
    reader = LedgerReader(ledger.read)
    counts = reader.counts()
    assert (counts.total, counts.awaited, counts.ratings["up"]) == (0, 1, 0)
    details = reader.experience("q-early\x00")
    assert details is not None
    assert (details.experience.rating, details.experience.answered_at) == ("up", None)
    assert reader.history(10) == []


def test_unknown_ids_give_none(reader: LedgerReader):
    assert reader.experience("unknown") is None
    assert reader.run("unknown") is None
    assert reader.model("unknown") is None
    assert reader.examples(10, after="unknown") == []


def test_a_later_revision_counts_even_if_it_arrives_first(ledger: Opened):
    [first, *_] = of(ExperienceRecorded)
    scored = [e for e in of(ExperienceScored) if e.query_id == first.experience.query_id]
    later = scored[-1].model_copy(update={"revision": 99, "event_id": "f" * 32, "total": 0.25})
    for event in (later, *scored, first):
        ledger.write(delivered([event]))
    [row] = LedgerReader(ledger.read).history(10)
    assert (row.revision, row.reward) == (99, 0.25)


def test_a_migrated_ledger_has_no_problem(ledger: Opened):
    assert schema_problem(ledger.read) is None
