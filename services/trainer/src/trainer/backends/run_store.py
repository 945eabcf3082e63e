"""Runs in SQL, with an outbox: a change and the events that tell of it commit together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.events.artifact import ArtifactRef
from ratchet.events.base import Event
from trainer.backends.database import examples, requests, runs
from trainer.backends.outbox import post
from trainer.domain.runs import Run, RunEnd


class SqlRunStore:
    """As `trainer.ports.RunStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def plan(self, run: Run, started: Event) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                insert(runs).values(
                    run_id=run.run_id,
                    dataset_sha256=run.dataset.sha256,
                    plan=run.model_dump_json(),
                )
            )
            answered = update(requests).where(requests.c.run_id.is_(None))
            connection.execute(answered.values(run_id=run.run_id))
            post(connection, [started])

    def unfinished(self) -> Run | None:
        first = select(runs.c.plan).where(runs.c.verdict.is_(None)).order_by(runs.c.number)
        with self._engine.connect() as connection:
            plan = connection.execute(first.limit(1)).scalar()
        return None if plan is None else Run.model_validate_json(plan)

    def broke(self, run_id: str) -> int:
        one_more = runs.c.broken_attempts + 1
        count = update(runs).where(runs.c.run_id == run_id).values(broken_attempts=one_more)
        with self._engine.begin() as connection:
            return int(connection.execute(count.returning(runs.c.broken_attempts)).scalar_one())

    def finish(self, run_id: str, end: RunEnd, events: Sequence[Event]) -> None:
        """Does nothing when the run has ended before."""
        with self._engine.begin() as connection:
            ended = connection.execute(
                update(runs)
                .where(runs.c.run_id == run_id, runs.c.verdict.is_(None))
                .values(
                    verdict=end.verdict,
                    reason=end.reason,
                    manifest=end.manifest.model_dump_json() if end.manifest else None,
                    ended_at=end.ended_at.astimezone(UTC).replace(tzinfo=None),
                )
                .returning(runs.c.plan)
            ).scalar()
            if ended is None:
                return
            if end.verdict != "failed":
                for example_id in Run.model_validate_json(ended).dataset.example_ids:
                    connection.execute(
                        update(examples)
                        .where(examples.c.example_id == example_id)
                        .values(consumed_by=run_id)
                    )
            post(connection, events)

    def last_end(self) -> datetime | None:
        with self._engine.connect() as connection:
            latest = connection.execute(select(func.max(runs.c.ended_at))).scalar()
        return None if latest is None else datetime.replace(latest, tzinfo=UTC)

    def last_verdict(self) -> tuple[str, str] | None:
        row = self._latest(runs.c.verdict.is_not(None))
        return None if row is None else (row.verdict, row.reason)

    def verdicts(self) -> dict[str, int]:
        counted = select(runs.c.verdict, func.count().label("runs")).where(
            runs.c.verdict.is_not(None)
        )
        with self._engine.connect() as connection:
            return {
                row.verdict: row.runs for row in connection.execute(counted.group_by("verdict"))
            }

    def failures_on(self, dataset_sha256: str) -> int:
        counted = select(func.count()).where(
            runs.c.dataset_sha256 == dataset_sha256, runs.c.verdict == "failed"
        )
        with self._engine.connect() as connection:
            return int(connection.execute(counted).scalar_one())

    def champion(self) -> ArtifactRef | None:
        row = self._latest(runs.c.verdict == "accepted")
        return None if row is None else ArtifactRef.model_validate_json(row.manifest)

    def _latest(self, condition: ColumnElement[bool]) -> "Row[Any] | None":
        chosen = select(runs).where(condition).order_by(runs.c.number.desc()).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(chosen).first()
