"""Erase what the trainer keeps of some questions: rows, plans, files, and the pages they lay on."""

import shutil
from collections.abc import Collection, Iterable, Mapping, Set
from contextlib import suppress
from pathlib import Path

from pydantic_core import from_json
from sqlalchemy import Column, Connection, Engine, delete, select, update

from ratchet.contract import ArtifactRef, ForgetRequested, RunFinished
from ratchet.models import AdapterManifest
from ratchet.storage import ArtifactMissing, ArtifactStore, flush
from trainer.backends.sql.database import decisions, examples, outbox, runs, scored
from trainer.domain.runs.run import Run

_CHUNK = 500


class SqlForgetting:
    """As `trainer.ports.Forgetting`."""

    def __init__(self, engine: Engine, artifacts: ArtifactStore, runs_dir: Path) -> None:
        self._engine = engine
        self._artifacts = artifacts
        self._runs_dir = runs_dir

    def call_off(self, request: ForgetRequested) -> str | None:
        with self._engine.begin() as connection:
            theirs = _examples_of(connection, set(request.query_ids))
            opened = select(runs.c.run_id, runs.c.plan).where(runs.c.verdict.is_(None))
            for row in connection.execute(opened).all():
                if theirs.intersection(Run.model_validate_json(row.plan).dataset.example_ids):
                    off = update(runs).where(
                        runs.c.run_id == row.run_id, runs.c.cancelled_by.is_(None)
                    )
                    connection.execute(off.values(cancelled_by=request.requested_by))
                    return str(row.run_id)
        return None

    def forget(self, request: ForgetRequested) -> dict[str, int]:
        """Files go before the rows by which they are found: a kill between the two loses none."""
        with self._engine.connect() as connection:
            theirs = _examples_of(connection, set(request.query_ids))
            learnt = _runs_with(connection, theirs, set(request.run_ids))
        files = self._files(learnt.values())
        for path in files:
            path.unlink()
            flush(path.parent)
        for run_id in learnt:
            shutil.rmtree(self._runs_dir / run_id, ignore_errors=True)
        with self._engine.begin() as connection:
            erased = {
                "runs": _erase_from_runs(connection, learnt, theirs),
                "runs_after_them": _taint_heirs(connection),
                "examples": _delete(connection, examples.c.example_id, theirs),
                "scored": _delete(connection, scored.c.query_id, request.query_ids),
                "decisions": _delete(connection, decisions.c.decision_id, request.decision_ids),
            }
            if request.retrain:
                free = update(examples).where(examples.c.consumed_by.in_(learnt))
                connection.execute(free.values(consumed_by=None))
        self._scrub()
        return {**erased, "files": len(files)}

    def _files(self, manifests: Iterable[str | None]) -> list[Path]:
        """What tells how a model answered held-out questions."""
        found: list[Path] = []
        for manifest in manifests:
            if manifest is None:
                continue
            with suppress(ArtifactMissing):
                path = self._artifacts.path(ArtifactRef.model_validate_json(manifest))
                told = AdapterManifest.model_validate_json(path.read_bytes()).references
                if told is not None:
                    found.append(self._artifacts.path(told))
        return found

    def _scrub(self) -> None:
        """Rewrite the file without the pages that were freed, and empty the log beside it."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _examples_of(connection: Connection, query_ids: Set[str]) -> set[str]:
    """Those that an experience of `query_ids` stands behind, and traces of its question."""
    found = set()
    for row in connection.execute(select(examples.c.example_id, examples.c.event)):
        event = from_json(row.event)
        told = {source["query_id"] for source in event.get("sources", ())}
        if not query_ids.isdisjoint(told | {event.get("query_id")}):
            found.add(row.example_id)
    return found


def _runs_with(
    connection: Connection, example_ids: Set[str], named: Set[str]
) -> dict[str, str | None]:
    """The manifest, if any, of each ended run that had one of them, or that is `named`."""
    found: dict[str, str | None] = {}
    for row in connection.execute(select(runs.c.run_id, runs.c.plan, runs.c.manifest)):
        used = Run.model_validate_json(row.plan).dataset.example_ids
        if row.run_id in named or not example_ids.isdisjoint(used):
            found[row.run_id] = row.manifest
    return found


def _erase_from_runs(
    connection: Connection, learnt: Mapping[str, str | None], example_ids: Set[str]
) -> int:
    """Plans without the examples, and what is told of the runs without the answers they showed."""
    for run_id in learnt:
        its_row = runs.c.run_id == run_id
        run = Run.model_validate_json(
            connection.execute(select(runs.c.plan).where(its_row)).scalar_one()
        )
        data = run.dataset
        left = data.model_copy(
            update={
                "train": tuple(e for e in data.train if e.example_id not in example_ids),
                "held_out": tuple(e for e in data.held_out if e.example_id not in example_ids),
            }
        )
        plan = run.model_copy(update={"dataset": left}).model_dump_json()
        connection.execute(update(runs).where(its_row).values(plan=plan, tainted=1))
    for row in connection.execute(select(outbox).where(outbox.c.stream == "runs")).all():
        told = from_json(row.event)
        if told["type"] == RunFinished.__name__ and told["run_id"] in learnt:
            silent = RunFinished.model_validate(told).model_copy(update={"answers": ()})
            its_row = outbox.c.number == row.number
            connection.execute(update(outbox).where(its_row).values(event=silent.model_dump_json()))
    return len(learnt)


def _taint_heirs(connection: Connection) -> int:
    """Mark the runs that went on from one that is marked, and those after them."""
    marked: set[str] = set()
    heirs = 0
    for row in connection.execute(select(runs).order_by(runs.c.number)).all():
        parent = Run.model_validate_json(row.plan).parent
        heir = row.tainted is None and parent is not None and parent.sha256 in marked
        if heir:
            its_row = runs.c.run_id == row.run_id
            connection.execute(update(runs).where(its_row).values(tainted=1))
            heirs += 1
        if (row.tainted or heir) and row.manifest is not None:
            marked.add(ArtifactRef.model_validate_json(row.manifest).sha256)
    return heirs


def _delete(connection: Connection, column: Column[str], names: Collection[str]) -> int:
    wanted, gone = sorted(names), 0
    for at in range(0, len(wanted), _CHUNK):
        some = wanted[at : at + _CHUNK]
        gone += connection.execute(delete(column.table).where(column.in_(some))).rowcount
    return gone
