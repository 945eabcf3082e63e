"""Examples and runs in SQLite: order, repetition and crashes change no result."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json, to_json
from sqlalchemy import Engine, delete, inspect, text, update

from ratchet.contract import (
    ArtifactRef,
    CancelRequested,
    Delivered,
    Event,
    ExampleRetracted,
    TrainingRequested,
)
from ratchet.storage import ArtifactStore
from ratchet_testing.deliveries import delivered
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.database import open_database
from trainer.backends.sql.datasets import move_datasets, plan_with
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.backends.sql.tables import run_examples
from trainer.backends.sql.tables import runs as run_table
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs import run_events
from trainer.domain.runs.recipe import Recipe
from trainer.domain.runs.run import DatasetReference, Run, RunEnd
from trainer.domain.runs.situation import RunRequest, WaitingExamples
from trainer.domain.scorer.rules import LearningRules

from .conftest import NOW, built, captured, label, training_pairs
from .ranking.conftest import decision, scored
from .test_champion import activated


def retracted(number: int, revision: int) -> ExampleRetracted:
    return ExampleRetracted(
        event_id=f"retraction-{number}-{revision}",
        occurred_at=NOW,
        example_id=f"example-{number:04d}",
        revision=revision,
        reason="the operator changed their mind",
    )


def dataset_of(count: int = 20) -> Dataset:
    pairs = training_pairs(count)
    return Dataset(train=pairs[4:], held_out=pairs[:4])


def plan(runs: SqlRunStore, dataset: Dataset, failures: int = 0) -> Run:
    run = Run(
        run_id="",
        dataset=DatasetReference.to(dataset),
        recipe=Recipe(),
        base_model="base",
        champion=None,
        parent=None,
        reason="enough pairs",
        planned_at=NOW,
    ).identified(failures)
    runs.plan(run, dataset, run_events.started(run, dataset))
    return run


def pending(examples: SqlExampleStore) -> int:
    return examples.waiting()["dpo"].count


def end(verdict: str = "accepted") -> RunEnd:
    manifest = ArtifactRef(sha256="a" * 64, size=1, name="manifest.json")
    return RunEnd(verdict=verdict, reason="why", ended_at=NOW, manifest=manifest)


@pytest.fixture
def examples(engine: Engine) -> SqlExampleStore:
    return SqlExampleStore(engine)


@pytest.fixture
def outbox(engine: Engine) -> SqlOutbox:
    return SqlOutbox(engine)


def files_in(directory: Path) -> RunFiles:
    return RunFiles(directory / "runs", ArtifactStore(directory / "artifacts"), PACKAGED)


def runs_in(directory: Path) -> SqlRunStore:
    return SqlRunStore(open_database(directory / "trainer.db"), files_in(directory))


@pytest.fixture
def runs(engine: Engine, tmp_path: Path) -> SqlRunStore:
    return SqlRunStore(engine, files_in(tmp_path))


def test_the_same_example_counts_once(examples: SqlExampleStore):
    for _ in range(3):
        examples.keep(delivered([built(1), built(2)]))
    assert pending(examples) == 2


@pytest.mark.parametrize("order", list(permutations((built(1, 1), retracted(1, 2), built(1, 3)))))
def test_the_highest_revision_wins_in_any_order(examples: SqlExampleStore, order):
    for event in order:
        examples.keep(delivered([event]))
    assert [pair.revision for pair in examples.take("dpo", {"voice": 9})] == [3]


@pytest.mark.parametrize("order", list(permutations((built(1, 1), retracted(1, 2)))))
def test_a_retraction_that_comes_first_still_holds(examples: SqlExampleStore, order):
    for event in order:
        examples.keep(delivered([event]))
    assert pending(examples) == 0


def test_waiting_examples_are_counted_by_method(examples: SqlExampleStore):
    signs = (True, True, False)
    examples.keep(
        delivered([built(1), *(label(n, sign) for n, sign in enumerate(signs)), captured(1)])
    )
    waiting = examples.waiting()
    assert {method: of.count for method, of in waiting.items()} == {"dpo": 1, "kto": 3, "sft": 1}
    assert waiting["kto"].rarer == 1
    assert {method: (of.voice, of.widget) for method, of in waiting.items()} == {
        "dpo": (1, 0),
        "kto": (3, 0),
        "sft": (1, 0),
    }
    assert all(of.oldest_s > 0 for of in waiting.values())
    assert [e.type for e in examples.take("kto", {"voice": 9})] == ["LabelBuilt"] * 3
    assert [e.type for e in examples.take("sft", {"voice": 9})] == ["TraceCaptured"]


def test_nothing_waits_in_an_empty_store(examples: SqlExampleStore):
    assert set(examples.waiting().values()) == {WaitingExamples()}


def test_a_trace_too_short_to_imitate_is_not_stored(examples: SqlExampleStore):
    examples.keep(delivered([captured(1, answer="No idea.")]))
    assert examples.waiting()["sft"] == WaitingExamples()


def test_the_same_trace_counts_once(examples: SqlExampleStore):
    examples.keep(delivered([captured(1), captured(1)]))
    assert examples.waiting()["sft"].count == 1


def test_examples_survive_the_process(tmp_path: Path):
    SqlExampleStore(open_database(tmp_path / "trainer.db")).keep(delivered([built(1)]))
    assert pending(SqlExampleStore(open_database(tmp_path / "trainer.db"))) == 1


def test_examples_wait_in_the_order_of_their_arrival(examples: SqlExampleStore):
    examples.keep(delivered([built(3), built(1), built(2)]))
    waiting = examples.take("dpo", {"voice": 2, "widget": 2})
    assert [pair.example_id[-1] for pair in waiting] == ["3", "1"]
    assert examples.take("dpo", {"widget": 2}) == []


def test_pairs_are_consumed_by_the_run_that_finished(examples, runs):
    examples.keep(delivered([built(number) for number in range(22)]))
    run = plan(runs, dataset_of())
    assert pending(examples) == 22
    runs.finish(run.run_id, end("refused"), [])
    assert pending(examples) == 2


def test_labels_on_answers_of_consumed_pairs_are_consumed(examples, runs):
    """A label on another answer, or on an answer to another question, still waits."""
    examples.keep(delivered([built(number) for number in range(20)]))
    examples.keep(delivered([label(1, True), label(1, False), label(30, True)]))
    run = plan(runs, dataset_of())
    runs.finish(run.run_id, end("accepted"), [])
    assert examples.waiting()["kto"].count == 1


def test_a_pair_is_consumed_when_labels_on_both_answers_are(examples, runs):
    examples.keep(delivered([built(1), built(2), built(3)]))
    signs = [(1, True), (1, False), (2, True)]
    examples.keep(delivered([label(number, sign) for number, sign in signs]))
    labels = examples.take("kto", {"voice": 9})
    dataset = Dataset(method="kto", train=labels[1:], held_out=labels[:1])
    run = plan(runs, dataset)
    runs.finish(run.run_id, end("refused"), [])
    assert [e.example_id[-1] for e in examples.take("dpo", {"voice": 9})] == ["2", "3"]
    assert runs.last_ends() == {"kto": NOW}


def test_a_failed_run_consumes_nothing(examples, runs):
    examples.keep(delivered([built(number) for number in range(20)]))
    run = plan(runs, dataset_of())
    runs.finish(run.run_id, end("failed"), [])
    assert pending(examples) == 20
    assert runs.unjudged_on(dataset_of().sha256) == 1
    assert plan(runs, dataset_of(), failures=1).run_id != run.run_id


def test_a_consumed_pair_that_is_built_again_is_not_trained_again(examples, runs):
    examples.keep(delivered([built(number) for number in range(20)]))
    run = plan(runs, dataset_of())
    runs.finish(run.run_id, end("refused"), [])
    examples.keep(delivered([retracted(1, 2), built(1, 3)]))
    assert pending(examples) == 0


def test_an_open_run_is_read_again_with_its_dataset(tmp_path: Path):
    run = plan(runs_in(tmp_path), dataset_of())
    assert runs_in(tmp_path).unfinished() == run
    assert files_in(tmp_path).dataset(run) == dataset_of()


def test_a_run_ends_once(runs, outbox):
    run = plan(runs, dataset_of())
    for verdict in ("accepted", "refused"):
        finish = run_events.broken(run, end(verdict), 1.0)
        runs.finish(run.run_id, end(verdict), [finish])
    assert runs.verdicts() == {"accepted": 1}
    assert [event.type for event in outbox.unpublished()] == ["RunStarted", "RunFinished"]
    assert outbox.unpublished()[1].verdict == "accepted"


def test_a_published_event_leaves_the_outbox(runs, outbox):
    run = plan(runs, dataset_of())
    (started,) = outbox.unpublished()
    assert started == run_events.started(run, dataset_of())
    outbox.mark_published(started.event_id)
    assert outbox.unpublished() == []


def test_the_accepted_adapters_of_a_base_are_known(runs):
    assert runs.accepted("base") == []
    for count, verdict in ((20, "accepted"), (25, "refused")):
        run = plan(runs, dataset_of(count))
        runs.finish(run.run_id, end(verdict), [])
    assert [result.manifest for result in runs.accepted("base")] == [end().manifest]
    assert runs.accepted("another base") == [], "an adapter fits the base it was trained on"
    assert runs.last_verdict() == ("refused", "why")
    assert runs.last_ends() == {"dpo": NOW}


def test_a_request_is_open_until_a_run_is_planned(examples, runs):
    request = TrainingRequested(event_id="request-1", occurred_at=NOW, requested_by="anna")
    examples.add_requests(
        [request, request.model_copy(update={"occurred_at": NOW + timedelta(days=1)})]
    )
    assert examples.open_request() == RunRequest("anna")
    plan(runs, dataset_of())
    assert examples.open_request() is None


def test_a_request_has_the_method_it_named(examples):
    examples.add_requests(
        [TrainingRequested(event_id="request-1", occurred_at=NOW, requested_by="a", method="kto")]
    )
    assert examples.open_request() == RunRequest("a", "kto")


def cancellation(run_id: str | None = None) -> CancelRequested:
    return CancelRequested(event_id="cancel-01", occurred_at=NOW, requested_by="ben", run_id=run_id)


def test_the_open_run_is_cancelled(examples, runs):
    examples.add_requests([cancellation()])
    run = plan(runs, dataset_of())
    assert runs.cancelled_by(run.run_id) is None, "there was no run when it was asked for"
    examples.add_requests([cancellation("another run")])
    assert runs.cancelled_by(run.run_id) is None
    examples.add_requests([cancellation(run.run_id)])
    assert runs.cancelled_by(run.run_id) == "ben"


def test_the_last_run_without_a_judgement_is_remembered(runs):
    assert runs.last_unjudged("dpo") is None
    for count, verdict in ((20, "failed"), (25, "refused"), (30, "cancelled")):
        run = plan(runs, dataset_of(count))
        runs.finish(run.run_id, end(verdict), [])
        assert runs.last_unjudged("dpo") == (None if verdict == "refused" else run)
    assert runs.last_unjudged("kto") is None


def test_missing_columns_and_indexes_are_added(tmp_path: Path):
    engine = open_database(tmp_path / "trainer.db")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE runs DROP COLUMN cancelled_by"))
        connection.execute(text("DROP INDEX ix_scored_skipped"))
    engine.dispose()
    renewed = inspect(open_database(tmp_path / "trainer.db"))
    assert "cancelled_by" in {column["name"] for column in renewed.get_columns("runs")}
    assert "ix_scored_skipped" in {index["name"] for index in renewed.get_indexes("scored")}


def test_a_run_of_an_earlier_release_keeps_its_dataset(tmp_path: Path):
    """Earlier releases stored the dataset in the plan of the run."""
    engine = open_database(tmp_path / "trainer.db")
    files = files_in(tmp_path)
    runs = SqlRunStore(engine, files)
    run = plan(runs, dataset_of())
    with engine.begin() as connection:
        connection.execute(delete(run_examples))
        connection.execute(update(run_table).values(plan=plan_with(dataset_of(), run)))
    shutil.rmtree(tmp_path / "artifacts")
    move_datasets(engine, files)
    assert runs.unfinished() == run
    assert files.dataset(run) == dataset_of()
    assert len(runs.trained_on(run.run_id)) == 16


def test_a_database_of_an_earlier_release_is_readable(tmp_path: Path):
    dump = Path(__file__).parent / "earlier/trainer.sql"
    with closing(sqlite3.connect(tmp_path / "trainer.db")) as made:
        made.executescript(dump.read_text())
    engine = open_database(tmp_path / "trainer.db")
    files = files_in(tmp_path)
    for _ in range(2):
        move_datasets(engine, files)
    runs = SqlRunStore(engine, files)
    [accepted] = runs.accepted("base")
    assert accepted.manifest.name == "manifest.json"
    assert len(runs.trained_on(accepted.run_id)) == 1
    examples = SqlExampleStore(engine)
    assert len(examples.take("sft", {"voice": 9})) == 3
    assert examples.open_request() is not None
    assert len(SqlModelStore(engine).events()) == 3
    assert SqlScorerRegister(engine).in_service() is not None
    ranking = SqlRankingStore(engine, LearningRules())
    assert sum(ranking.skip_counts().values()) + len(list(ranking.learned_revisions(99))) == 2


def test_stores_keep_the_fields_that_a_newer_release_added(
    engine: Engine, examples: SqlExampleStore
):
    added = {"added_later": "by a newer release"}

    def newer(event: Event) -> Delivered[Any]:
        return Delivered(event, to_json(event.model_dump(mode="json") | added))

    examples.keep([newer(built(1)), newer(captured(1))])
    ranking = SqlRankingStore(engine, LearningRules())
    ranking.add_scored([newer(scored("q-1"))])
    ranking.add_decisions([newer(decision("decision-1"))])
    SqlModelStore(engine).add([newer(activated("1", 1))])
    with engine.connect() as connection:
        stored = [
            from_json(event)["added_later"]
            for table in ("examples", "scored", "decisions", "models")
            for event in connection.scalars(text(f"SELECT event FROM {table}"))
        ]
    assert stored == ["by a newer release"] * 5


def test_the_oldest_example_waits_whatever_form_its_time_has(examples: SqlExampleStore):
    event = built(1)
    payload = to_json(event.model_dump(mode="json") | {"occurred_at": "2020-01-01 00:00:00z"})
    examples.keep([Delivered(event, payload)])
    assert examples.waiting()["dpo"].oldest_s > 365 * 86_400
