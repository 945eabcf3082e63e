"""Examples and runs in SQLite: order, repetition and crashes change nothing."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.events.artifact import ArtifactRef
from ratchet.events.command import TrainingRequested
from ratchet.events.example import ExampleRetracted, LabelBuilt
from trainer.backends.database import open_database
from trainer.backends.example_store import SqlExampleStore
from trainer.backends.outbox import SqlOutbox
from trainer.backends.run_store import SqlRunStore
from trainer.domain import telling
from trainer.domain.holdout import split
from trainer.domain.recipe import Recipe
from trainer.domain.runs import Run, RunEnd, plan_run

from .conftest import NOW, built, training_pairs


def retracted(number: int, revision: int) -> ExampleRetracted:
    return ExampleRetracted(
        event_id=f"retraction-{number}-{revision}",
        occurred_at=NOW,
        example_id=f"example-{number:04d}",
        revision=revision,
        reason="the operator changed their mind",
    )


def planned(count: int = 20, failures: int = 0) -> Run:
    dataset = split(training_pairs(count), 0.2, 3, 42)
    return plan_run(dataset, Recipe(), "base", None, "enough pairs", failures, NOW)


def end(verdict: str = "accepted") -> RunEnd:
    manifest = ArtifactRef(sha256="a" * 64, size=1, name="manifest.json")
    return RunEnd(verdict=verdict, reason="why", ended_at=NOW, manifest=manifest)


@pytest.fixture
def examples(engine: Engine) -> SqlExampleStore:
    return SqlExampleStore(engine)


@pytest.fixture
def outbox(engine: Engine) -> SqlOutbox:
    return SqlOutbox(engine)


@pytest.fixture
def runs(engine: Engine) -> SqlRunStore:
    return SqlRunStore(engine)


def test_the_same_example_counts_once(examples: SqlExampleStore):
    for _ in range(3):
        examples.keep([built(1), built(2)])
    assert examples.pending() == 2


@pytest.mark.parametrize("order", list(permutations((built(1, 1), retracted(1, 2), built(1, 3)))))
def test_the_highest_revision_wins_in_any_order(examples: SqlExampleStore, order):
    for event in order:
        examples.keep([event])
    assert [pair.revision for pair in examples.waiting_pairs({"voice": 9})] == [3]


@pytest.mark.parametrize("order", list(permutations((built(1, 1), retracted(1, 2)))))
def test_a_retraction_that_comes_first_still_holds(examples: SqlExampleStore, order):
    for event in order:
        examples.keep([event])
    assert examples.pending() == 0


def test_labels_are_kept_and_do_not_count_as_pairs(examples: SqlExampleStore):
    pair = built(1)
    label = LabelBuilt.model_validate(
        {
            **pair.model_dump(exclude={"type", "chosen", "rejected"}),
            "example_id": "label-1",
            "answer": pair.chosen,
            "desirable": True,
            "reward": 0.9,
        }
    )
    examples.keep([label])
    assert examples.pending() == 0


def test_examples_survive_the_process(tmp_path: Path):
    SqlExampleStore(open_database(tmp_path / "trainer.db")).keep([built(1)])
    assert SqlExampleStore(open_database(tmp_path / "trainer.db")).pending() == 1


def test_pairs_wait_in_the_order_they_came(examples: SqlExampleStore):
    examples.keep([built(3), built(1), built(2)])
    waiting = examples.waiting_pairs({"voice": 2, "widget": 2})
    assert [pair.example_id[-1] for pair in waiting] == ["3", "1"]
    assert examples.waiting_pairs({"widget": 2}) == []


def test_pairs_are_consumed_by_the_run_that_finished(examples, runs):
    examples.keep([built(number) for number in range(22)])
    run = planned()
    runs.plan(run, telling.started(run))
    assert examples.pending() == 22
    runs.finish(run.run_id, end("refused"), [])
    assert examples.pending() == 2


def test_a_failed_run_consumes_nothing(examples, runs):
    examples.keep([built(number) for number in range(20)])
    run = planned()
    runs.plan(run, telling.started(run))
    runs.finish(run.run_id, end("failed"), [])
    assert examples.pending() == 20
    assert runs.failures_on(run.dataset.sha256) == 1
    assert planned(failures=1).run_id != run.run_id


def test_a_consumed_pair_that_is_built_again_is_not_trained_again(examples, runs):
    examples.keep([built(number) for number in range(20)])
    run = planned()
    runs.plan(run, telling.started(run))
    runs.finish(run.run_id, end("refused"), [])
    examples.keep([retracted(1, 2), built(1, 3)])
    assert examples.pending() == 0


def test_an_open_run_is_found_again_with_its_snapshot(tmp_path: Path):
    run = planned()
    SqlRunStore(open_database(tmp_path / "trainer.db")).plan(run, telling.started(run))
    found = SqlRunStore(open_database(tmp_path / "trainer.db")).unfinished()
    assert found == run
    assert found.dataset.sha256 == run.dataset.sha256


def test_a_run_ends_once(runs, outbox):
    run = planned()
    runs.plan(run, telling.started(run))
    for verdict in ("accepted", "refused"):
        finish = telling.broken(run, end(verdict), 1.0)
        runs.finish(run.run_id, end(verdict), [finish])
    assert runs.verdicts() == {"accepted": 1}
    assert [event.type for event in outbox.unpublished()] == ["RunStarted", "RunFinished"]
    assert outbox.unpublished()[1].verdict == "accepted"


def test_what_is_published_leaves_the_outbox(runs, outbox):
    run = planned()
    runs.plan(run, telling.started(run))
    (started,) = outbox.unpublished()
    assert started == telling.started(run)
    outbox.published(started.event_id)
    assert outbox.unpublished() == []


def test_the_champion_is_the_adapter_accepted_last(runs):
    assert runs.champion() is None
    for count, verdict in ((20, "accepted"), (25, "refused")):
        run = planned(count)
        runs.plan(run, telling.started(run))
        runs.finish(run.run_id, end(verdict), [])
    assert runs.champion() == end().manifest
    assert runs.last_verdict() == ("refused", "why")
    assert runs.last_end() == NOW


def test_a_request_stands_until_a_run_is_planned(examples, runs):
    request = TrainingRequested(event_id="request-1", occurred_at=NOW, requested_by="anna")
    examples.ask([request, request.model_copy(update={"occurred_at": NOW + timedelta(days=1)})])
    assert examples.asked_by() == "anna"
    run = planned()
    runs.plan(run, telling.started(run))
    assert examples.asked_by() is None
