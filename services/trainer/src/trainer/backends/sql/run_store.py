"""Runs in SQL. Each change and the events that report it are one transaction."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, exists, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import ArtifactRef, Event, Method
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.datasets import index_examples, plan_with, read_run
from trainer.backends.sql.outbox import post
from trainer.backends.sql.short_transactions import read, read_first
from trainer.backends.sql.tables import requests, run_examples, runs
from trainer.backends.sql.used_examples import consume, leave_out
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.champion import Checkpoint
from trainer.domain.runs.run import Run, RunEnd

_UNJUDGED = ("failed", "cancelled")


class SqlRunStore:
    """Runs from plan to end; their datasets are artifacts of `files`."""

    def __init__(self, engine: Engine, files: RunFiles) -> None:
        self._engine = engine
        self._files = files

    def plan(self, run: Run, dataset: Dataset, started: Event) -> None:
        """Insert a run; it answers the open requests for its method and for any method.

        Has no effect while another run is open.
        """
        values = {
            "run_id": run.run_id,
            "dataset_sha256": dataset.sha256,
            "method": run.method,
            "plan": plan_with(dataset, run),
        }
        another_is_open = exists().where(runs.c.verdict.is_(None))
        row = select(*map(literal, values.values())).where(~another_is_open)
        with self._engine.begin() as connection:
            planned = connection.execute(insert(runs).from_select(list(values), row))
            if not planned.rowcount:
                return
            met = or_(requests.c.method.is_(None), requests.c.method == run.method)
            answered = update(requests).where(requests.c.run_id.is_(None), met)
            connection.execute(answered.values(run_id=run.run_id))
            index_examples(connection, run.run_id, dataset)
            post(connection, [started])
        read_run(self._engine, self._files, run.run_id)

    def unfinished(self) -> Run | None:
        """The open run; at most one is."""
        first = select(runs.c.run_id).where(runs.c.verdict.is_(None)).order_by(runs.c.number)
        opened = read_first(self._engine, first.limit(1))
        return read_run(self._engine, self._files, opened.run_id) if opened else None

    def trained_on(self, run_id: str) -> list[datetime]:
        """When the feedback behind each training example of a run came; empty for no run."""
        times = select(run_examples.c.at).where(
            run_examples.c.run_id == run_id, run_examples.c.role == "train"
        )
        return [row.at.replace(tzinfo=UTC) for row in read(self._engine, times)]

    def broke(self, run_id: str) -> int:
        """Count one more broken attempt; returns their number."""
        one_more = runs.c.broken_attempts + 1
        count = update(runs).where(runs.c.run_id == run_id).values(broken_attempts=one_more)
        with self._engine.begin() as connection:
            return int(connection.execute(count.returning(runs.c.broken_attempts)).scalar_one())

    def cancelled_by(self, run_id: str) -> str | None:
        """The user who cancelled the run."""
        user = select(runs.c.cancelled_by).where(runs.c.run_id == run_id)
        row = read_first(self._engine, user)
        return row.cancelled_by if row else None

    def finish(
        self, run_id: str, end: RunEnd, events: Sequence[Event], left_out: Collection[str] = ()
    ) -> str | None:
        """End a run once; a judged one consumes its examples except those it has left out.

        A run that was cancelled meanwhile takes no judgement: it stays open, and the user who
        cancelled it is returned. Has no effect on a run that has ended.
        """
        its_open_row = (runs.c.run_id == run_id, runs.c.verdict.is_(None))
        judged = end.verdict not in _UNJUDGED
        in_time = (runs.c.cancelled_by.is_(None),) if judged else ()
        with self._engine.begin() as connection:
            ended = connection.execute(
                update(runs)
                .where(*its_open_row, *in_time)
                .values(
                    verdict=end.verdict,
                    reason=end.reason,
                    manifest=end.manifest.model_dump_json() if end.manifest else None,
                    of_base=int(end.of_base),
                    ended_at=end.ended_at.astimezone(UTC).replace(tzinfo=None),
                )
                .returning(runs.c.plan)
            ).scalar()
            if ended is None:
                cancelled_by = select(runs.c.cancelled_by).where(*its_open_row)
                return connection.execute(cancelled_by).scalar()
            run = Run.model_validate_json(ended)
            if judged:
                consume(connection, run_id, self._files.dataset(run).without(left_out))
            if left_out:
                fits = run.recipe.fits(run.method, run.base_model)
                leave_out(connection, run_id, left_out, fits)
            post(connection, events)
        return None

    def has_ended(self, run_id: str) -> bool:
        ended = select(runs.c.run_id).where(runs.c.run_id == run_id, runs.c.verdict.is_not(None))
        return bool(read(self._engine, ended))

    def last_ends(self) -> dict[Method, datetime]:
        """The end of the last run of each method."""
        latest = (
            select(runs.c.method, func.max(runs.c.ended_at).label("at"))
            .where(runs.c.ended_at.is_not(None), runs.c.method.is_not(None))
            .group_by(runs.c.method)
        )
        return {row.method: row.at.replace(tzinfo=UTC) for row in read(self._engine, latest)}

    def last_verdict(self) -> tuple[str, str] | None:
        """Verdict and reason of the run that ended last."""
        row = self._latest(runs.c.verdict.is_not(None))
        return None if row is None else (row.verdict, row.reason)

    def last_unjudged(self, method: Method) -> Run | None:
        """The last run of the method, if it ended without a judgement."""
        row = self._latest(runs.c.method == method, runs.c.verdict.is_not(None))
        if row is None or row.verdict not in _UNJUDGED:
            return None
        return Run.model_validate_json(row.plan)

    def base_refusal(self, base_key: str) -> str | None:
        """Why the last run on this base ended because of it; None if it did not."""
        on_this_base = func.json_extract(runs.c.plan, "$.base_key") == base_key
        row = self._latest(on_this_base, runs.c.verdict.is_not(None))
        return str(row.reason) if row is not None and row.of_base else None

    def verdicts(self) -> dict[str, int]:
        """The number of ended runs by verdict."""
        counted = select(runs.c.verdict, func.count().label("runs")).where(
            runs.c.verdict.is_not(None)
        )
        return {row.verdict: row.runs for row in read(self._engine, counted.group_by("verdict"))}

    def unjudged_on(self, dataset_sha256: str) -> int:
        """How many runs on this dataset have failed or were cancelled."""
        unjudged = select(runs.c.run_id).where(
            runs.c.dataset_sha256 == dataset_sha256, runs.c.verdict.in_(_UNJUDGED)
        )
        return len(read(self._engine, unjudged))

    def accepted(self, base_model: str) -> list[Checkpoint]:
        """The accepted adapters of a base model, oldest first."""
        on_this_base = func.json_extract(runs.c.plan, "$.base_model") == base_model
        accepted = select(runs.c.run_id, runs.c.manifest).where(
            runs.c.verdict == "accepted", on_this_base
        )
        return [
            Checkpoint(row.run_id, ArtifactRef.model_validate_json(row.manifest))
            for row in read(self._engine, accepted.order_by(runs.c.number))
        ]

    def tainted(self) -> frozenset[str]:
        """Hashes of the manifests of runs that learned from data erased since."""
        tainted = select(runs.c.manifest).where(runs.c.tainted == 1, runs.c.manifest.is_not(None))
        return frozenset(
            ArtifactRef.model_validate_json(row.manifest).sha256
            for row in read(self._engine, tainted)
        )

    def _latest(self, *conditions: ColumnElement[bool]) -> "Row[*tuple[Any, ...]] | None":
        chosen = select(runs).where(*conditions).order_by(runs.c.number.desc()).limit(1)
        return read_first(self._engine, chosen)
