"""Erases the trainer's data about some questions: rows, artifacts, and freed database pages."""

import shutil
from collections.abc import Collection, Iterable, Set
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json
from sqlalchemy import Column, Connection, Engine, delete, func, select, update

from ratchet.contract import ArtifactRef, ForgetRequested, RunFinished
from ratchet.storage import ArtifactMissing, ArtifactStore, flush
from ratchet_models import AdapterManifest
from trainer.backends.sql.datasets import runs_with
from trainer.backends.sql.prompt_store import delete_prompts, runs_asking
from trainer.backends.sql.tables import decisions, examples, outbox, run_examples, runs, scored
from trainer.domain.runs.run import Run

_CHUNK = 500


class _LearnedRun(NamedTuple):
    """A run that had an erased example: its dataset, and its adapter's manifest if accepted."""

    run_id: str
    dataset: ArtifactRef
    manifest: ArtifactRef | None


class TrainerErasure:
    """Erasure in the trainer's database, its artifacts and the directories of its runs."""

    def __init__(self, engine: Engine, artifacts: ArtifactStore, runs_dir: Path) -> None:
        self._engine = engine
        self._artifacts = artifacts
        self._runs_dir = runs_dir

    def cancel_run(self, request: ForgetRequested) -> str | None:
        """Cancel the open run with an example or a captured prompt to be erased.

        Returns its id until it has ended.
        """
        with self._engine.begin() as connection:
            erased = _examples_of(connection, set(request.query_ids))
            named = {*request.run_ids, *runs_asking(connection, request.query_ids)}
            opened = select(runs.c.run_id).where(runs.c.verdict.is_(None), runs_with(erased, named))
            run_id = connection.execute(opened).scalar()
            if run_id is not None:
                its_row = (runs.c.run_id == run_id, runs.c.cancelled_by.is_(None))
                cancelled = update(runs).where(*its_row).values(cancelled_by=request.requested_by)
                connection.execute(cancelled)
        return run_id

    def erase(self, request: ForgetRequested) -> dict[str, int]:
        """Erase, and count by kind; a repetition does not count what was erased before.

        Files go before the rows that name them, so a kill between the two loses no file.
        """
        with self._engine.connect() as connection:
            erased = _examples_of(connection, set(request.query_ids))
            learned = _learned_runs(connection, erased, request.run_ids)
        files = set(self._files(learned))
        for path in files:
            path.unlink()
            flush(path.parent)
        run_ids = {run.run_id for run in learned}
        for run_id in run_ids:
            shutil.rmtree(self._runs_dir / run_id, ignore_errors=True)
        with self._engine.begin() as connection:
            _taint(connection, run_ids)
            for run_id in runs_asking(connection, request.query_ids):
                shutil.rmtree(self._runs_dir / run_id, ignore_errors=True)
            counts = {
                "runs": len(run_ids),
                "runs_after_them": _taint_heirs(connection),
                "examples": _delete(connection, examples.c.example_id, erased),
                "scored": _delete(connection, scored.c.query_id, request.query_ids),
                "decisions": _delete(connection, decisions.c.decision_id, request.decision_ids),
                "prompts": delete_prompts(connection, request.query_ids),
            }
            _delete(connection, run_examples.c.example_id, erased)
            if request.retrain:
                free = update(examples).where(examples.c.consumed_by.in_(run_ids))
                connection.execute(free.values(consumed_by=None))
        self._scrub()
        return {**counts, "files": len(files)}

    def _files(self, learned: Iterable[_LearnedRun]) -> Iterable[Path]:
        """Datasets, and the reference answers: they show answers to held-out questions."""
        for run in learned:
            with suppress(ArtifactMissing):
                yield self._artifacts.path(run.dataset)
            if run.manifest is None:
                continue
            with suppress(ArtifactMissing):
                content = self._artifacts.path(run.manifest).read_bytes()
                references = AdapterManifest.model_validate_json(content).references
                if references is not None:
                    yield self._artifacts.path(references)

    def _scrub(self) -> None:
        """Rewrite the database file without its freed pages, and empty its write-ahead log."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _examples_of(connection: Connection, query_ids: Set[str]) -> set[str]:
    """The ids of examples built from an experience of `query_ids`, and of its traces."""
    example_ids = set()
    for row in connection.execute(select(examples.c.example_id, examples.c.event)):
        event = from_json(row.event)
        sources = {source["query_id"] for source in event.get("sources", ())}
        if not query_ids.isdisjoint(sources | {event.get("query_id")}):
            example_ids.add(row.example_id)
    return example_ids


def _learned_runs(
    connection: Connection, example_ids: Set[str], run_ids: Collection[str]
) -> list[_LearnedRun]:
    learned = select(runs.c.run_id, runs.c.plan, runs.c.manifest)
    return [
        _LearnedRun(
            row.run_id,
            Run.model_validate_json(row.plan).dataset.artifact,
            None if row.manifest is None else ArtifactRef.model_validate_json(row.manifest),
        )
        for row in connection.execute(learned.where(runs_with(example_ids, run_ids)))
    ]


def _taint(connection: Connection, run_ids: Collection[str]) -> None:
    """Mark the runs, and remove the answers that their `RunFinished` events show."""
    connection.execute(update(runs).where(runs.c.run_id.in_(run_ids)).values(tainted=1))
    for row in connection.execute(select(outbox).where(outbox.c.stream == "runs")).all():
        event = from_json(row.event)
        if event["type"] == RunFinished.__name__ and event["run_id"] in run_ids:
            silent = RunFinished.model_validate(event).model_copy(update={"answers": ()})
            its_row = outbox.c.number == row.number
            connection.execute(update(outbox).where(its_row).values(event=silent.model_dump_json()))


def _taint_heirs(connection: Connection) -> int:
    """Mark the runs that continued from a marked one, and those after them."""
    marked: set[str] = set()
    heirs = 0
    lines = select(
        runs.c.run_id,
        runs.c.tainted,
        func.json_extract(runs.c.plan, "$.parent.sha256").label("parent"),
        func.json_extract(runs.c.manifest, "$.sha256").label("manifest"),
    )
    for row in connection.execute(lines.order_by(runs.c.number)).all():
        heir = row.tainted is None and row.parent in marked
        if heir:
            its_row = runs.c.run_id == row.run_id
            connection.execute(update(runs).where(its_row).values(tainted=1))
            heirs += 1
        if (row.tainted or heir) and row.manifest is not None:
            marked.add(row.manifest)
    return heirs


def _delete(connection: Connection, column: Column[str], values: Collection[str]) -> int:
    ordered, deleted = sorted(values), 0
    for at in range(0, len(ordered), _CHUNK):
        some = ordered[at : at + _CHUNK]
        deleted += connection.execute(delete(column.table).where(column.in_(some))).rowcount
    return deleted
