"""What the ledger answers, on a small plant's day with one run, rolled back in the end."""

from itertools import groupby

import pytest

from ledger.backends.migration import schema_problem
from ledger.reading.reader import SqlLedgerReader
from ledger.reading.views import Trainings
from ratchet.contract import (
    Event,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    RunStarted,
    derived_id,
)
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import DAY, START, Opened


def of(kind: type[Event]) -> list[Event]:
    return [event for event in DAY if isinstance(event, kind)]


@pytest.fixture
def asked(ledger: Opened) -> SqlLedgerReader:
    ledger.write(delivered(DAY))
    return SqlLedgerReader(ledger.read)


def test_counts_are_those_of_the_rows(asked: SqlLedgerReader):
    counts, rows = asked.counts(), asked.history(10_000)
    assert counts.total == len(rows) == len(of(ExperienceRecorded))
    for rating in ("up", "down"):
        assert counts.ratings[rating] == sum(row.rating == rating for row in rows)
    assert sum(counts.latencies.values()) == sum(counts.sources.values()) == counts.total
    mean = sum(row.reward or 0.0 for row in rows) / len(rows)
    assert counts.means["reward"] == pytest.approx(mean, abs=1e-6)
    assert sum(counts.events.values()) == len({event.event_id for event in DAY})


def test_history_has_the_newest_first(asked: SqlLedgerReader):
    rows = asked.history(10)
    assert rows == sorted(rows, key=lambda row: row.answered_at or START, reverse=True)
    assert rows == asked.history(100)[:10]


def test_the_most_frequent_scenarios_come_first(asked: SqlLedgerReader):
    found = asked.most("scenario", 3)
    shown = sorted(scenario for row in asked.history(10_000) for scenario in row.scenarios or ())
    lengths = sorted((len(list(same)) for _, same in groupby(shown)), reverse=True)
    assert list(found.values()) == lengths[:3]


def test_the_last_revision_of_a_reward_stands_and_all_are_told(asked: SqlLedgerReader):
    last = max(of(ExperienceScored), key=lambda event: event.revision)
    story = asked.experience(last.query_id)
    assert story is not None
    assert (story.experience.revision, story.experience.reward) == (last.revision, last.total)
    assert story.experience.components == last.components
    told = [event.body["revision"] for event in story.revisions]
    assert told == list(range(1, last.revision + 1))


def test_lineage_leads_from_a_model_to_its_experiences_and_back(asked: SqlLedgerReader):
    [started] = of(RunStarted)
    model = asked.model("v1")
    assert model is not None
    assert model.run is not None
    assert model.run.verdict == "accepted"
    assert {example.example_id for example in model.examples} == set(started.example_ids)
    assert model.experiences
    for query_id in model.experiences:
        story = asked.experience(query_id)
        assert story is not None
        assert [found.version for found in story.models] == ["v1"]
        assert any(example.used_by == ("run-1",) for example in story.examples)


def test_a_rolled_back_model_is_named_with_who_and_why(asked: SqlLedgerReader):
    states = {model.version: model for model in asked.models(10)}
    assert {version: model.state for version, model in states.items()} == {
        "v0": "active",
        "v1": "rolled_back",
    }
    assert (states["v1"].went_by, states["v1"].went_because) == ("maria", "worse on chillers")


def test_pages_of_examples_hold_each_once(asked: SqlLedgerReader):
    found, after = [], None
    while page := asked.examples(7, after):
        found += [example.example_id for example in page]
        after = page[-1].example_id
    assert found == [example.example_id for example in asked.examples(1000)]
    assert len(set(found)) == len(found)


def test_pages_of_experiences_hold_each_once(asked: SqlLedgerReader):
    found, after = [], None
    while page := asked.history(7, after):
        found += [row.query_id for row in page]
        after = page[-1].query_id
    assert found == [row.query_id for row in asked.history(1000)]
    assert len(set(found)) == len(found)
    assert asked.history(7, "no such question") == []


def test_trainings_are_runs_that_were_judged(asked: SqlLedgerReader):
    assert asked.trainings() == {"dpo": Trainings(count=1, examples=4)}


def test_in_service_is_the_model_that_came_last(asked: SqlLedgerReader):
    model = asked.in_service()
    assert model is not None
    assert (model.version, model.state) == ("v0", "active")


def test_examples_are_built_used_or_retracted(asked: SqlLedgerReader):
    [started] = of(RunStarted)
    used = asked.examples(1000, state="used")
    assert {example.example_id for example in used} <= set(started.example_ids)
    gone = asked.examples(1000, state="retracted")
    assert gone
    assert all(example.reason for example in gone)
    pairs = asked.examples(1000, kind="pair", aspect="voice", state="built")
    assert {(pair.kind, pair.aspect, pair.state) for pair in pairs} == {("pair", "voice", "built")}


def test_a_run_tells_its_events_and_its_curve(asked: SqlLedgerReader):
    run = asked.run("run-1")
    assert run is not None
    assert run.events[0].type == "RunStarted"
    assert len(run.events) == 7
    last = asked.last_verdict()
    assert last is not None
    assert [point["step"] for point in last.body["curve"]] == [1, 3]


def test_feedback_before_its_experience_waits(ledger: Opened):
    feedback = Feedback.model_validate({"query_id": "q-early\x00", "rating": "up"})
    early = FeedbackReceived(event_id=derived_id("early"), occurred_at=START, feedback=feedback)
    ledger.write(delivered([early]))
    asked = SqlLedgerReader(ledger.read)
    counts = asked.counts()
    assert (counts.total, counts.awaited, counts.ratings["up"]) == (0, 1, 0)
    story = asked.experience("q-early\x00")
    assert story is not None
    assert (story.experience.rating, story.experience.answered_at) == ("up", None)
    assert asked.history(10) == []


def test_what_is_not_known_is_none(asked: SqlLedgerReader):
    assert asked.experience("nobody") is None
    assert asked.run("nobody") is None
    assert asked.model("nobody") is None
    assert asked.examples(10, after="nobody") == []


def test_a_later_word_counts_though_it_comes_first(ledger: Opened):
    [first, *_] = of(ExperienceRecorded)
    scored = [e for e in of(ExperienceScored) if e.query_id == first.experience.query_id]
    later = scored[-1].model_copy(update={"revision": 99, "event_id": "f" * 32, "total": 0.25})
    for event in (later, *scored, first):
        ledger.write(delivered([event]))
    [row] = SqlLedgerReader(ledger.read).history(10)
    assert (row.revision, row.reward) == (99, 0.25)


def test_a_migrated_ledger_has_no_problem(ledger: Opened):
    assert schema_problem(ledger.read) is None
