"""Queries training runs."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.backends.tables import runs
from ledger.reading.details import RunDetails
from ledger.reading.queries.examples import examples_in
from ledger.reading.queries.models import models_of_run
from ledger.reading.queries.rows import columns_by_name, columns_of, events_about
from ledger.reading.views import JudgedRuns, RunView, StoredEvent


def newest(connection: Connection, limit: int) -> list[RunView]:
    """The newest runs, newest first."""
    rows = _select().order_by(runs.c.started_at.desc().nulls_last(), runs.c.run_id.desc())
    return [
        RunView(**columns_by_name(row)) for row in connection.execute(rows.limit(limit)).mappings()
    ]


def view(connection: Connection, run_id: str) -> RunView | None:
    row = connection.execute(_select().where(runs.c.run_id == run_id)).mappings().first()
    return None if row is None else RunView(**columns_by_name(row))


def details(connection: Connection, run_id: str) -> RunDetails | None:
    run = view(connection, run_id)
    if run is None:
        return None
    return RunDetails(
        run=run,
        events=events_about(connection, "run_id", run_id),
        examples=examples_in(connection, run_id),
        models=models_of_run(connection, run_id),
    )


def judged(connection: Connection) -> dict[str, JudgedRuns]:
    """Totals by method of the runs whose adapter was accepted or refused."""
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
    """The RunFinished of the last finished run that recorded a loss."""
    last = (
        select(runs.c.run_id)
        .where(runs.c.last_loss.is_not(None))
        .order_by(runs.c.finished_at.desc(), runs.c.run_id)
    )
    run_id = connection.execute(last.limit(1)).scalar()
    if run_id is None:
        return None
    history = events_about(connection, "run_id", run_id)
    return next(event for event in reversed(history) if event.type == "RunFinished")


def _select() -> Select[Any]:
    return select(*columns_of(runs, RunView))
