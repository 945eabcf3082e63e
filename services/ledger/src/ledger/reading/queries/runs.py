"""Training runs."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.backends.tables import runs
from ledger.reading.queries.examples import examples_in
from ledger.reading.queries.models import models_of_run
from ledger.reading.queries.rows import columns_of, events_about, read
from ledger.reading.views import JudgedRuns, RunDetails, RunView, StoredEvent


def newest(connection: Connection, limit: int) -> list[RunView]:
    """The newest first."""
    rows = _select().order_by(runs.c.started_at.desc().nulls_last(), runs.c.run_id.desc())
    return [RunView(**read(row)) for row in connection.execute(rows.limit(limit)).mappings()]


def view(connection: Connection, run_id: str) -> RunView | None:
    row = connection.execute(_select().where(runs.c.run_id == run_id)).mappings().first()
    return None if row is None else RunView(**read(row))


def story(connection: Connection, run_id: str) -> RunDetails | None:
    run = view(connection, run_id)
    if run is None:
        return None
    return RunDetails(
        run=run,
        events=events_about(connection, "run_id", run_id),
        examples=examples_in(connection, run_id),
        models=models_of_run(connection, run_id),
    )


def trainings(connection: Connection) -> dict[str, JudgedRuns]:
    """By method, of the runs that came to a verdict on what they had learnt."""
    counted = (
        select(runs.c.method, func.count(), func.coalesce(func.sum(runs.c.pairs), 0))
        .where(runs.c.verdict.in_(("accepted", "refused")), runs.c.method.is_not(None))
        .group_by(runs.c.method)
    )
    return {
        method: JudgedRuns(count, int(pairs))
        for method, count, pairs in connection.execute(counted)
    }


def last_verdict(connection: Connection) -> StoredEvent | None:
    """The RunFinished of the run that ended last with a loss to show."""
    last = (
        select(runs.c.run_id)
        .where(runs.c.last_loss.is_not(None))
        .order_by(runs.c.finished_at.desc(), runs.c.run_id)
    )
    run_id = connection.execute(last.limit(1)).scalar()
    if run_id is None:
        return None
    told = events_about(connection, "run_id", run_id)
    return next(event for event in reversed(told) if event.type == "RunFinished")


def _select() -> Select[Any]:
    return select(*columns_of(runs, RunView))
