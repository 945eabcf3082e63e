"""Examples and requests in SQL: one row for each id, the highest revision wins."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, Connection, Engine, case, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import (
    Aspect,
    BuiltExample,
    CancelRequested,
    Delivered,
    ExampleRetracted,
    Method,
    TraceCaptured,
    TrainingRequested,
    utc_now,
)
from trainer.backends.sql.short_transactions import read, read_first
from trainer.backends.sql.tables import examples, requests, runs
from trainer.domain.examples.teachability import why_unteachable
from trainer.domain.examples.training_example import KINDS, TrainingExample, read_example
from trainer.domain.runs.situation import RunRequest, WaitingExamples

_TIMES = TypeAdapter[datetime](AwareDatetime)
_REVISED = ("revision", "kind", "aspect", "event")


class SqlExampleStore:
    """Examples by id, where the highest revision counts, and the requests of users."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last_arrival: float | None = None

    def keep(
        self, batch: Iterable[Delivered[BuiltExample | ExampleRetracted | TraceCaptured]]
    ) -> Counter[str]:
        """Upsert in one transaction; a retraction stays as a tombstone of its revision.

        Returns how many were not stored, by the reason why they teach nothing.
        """
        left_out: Counter[str] = Counter()
        rows = []
        for event, payload, _ in batch:
            reason = None if isinstance(event, ExampleRetracted) else why_unteachable(event)
            if reason is None:
                rows.append(_row(event, payload))
            else:
                left_out[reason] += 1
        statement = insert(examples)
        newer = statement.on_conflict_do_update(
            index_elements=["example_id"],
            set_={name: statement.excluded[name] for name in _REVISED},
            where=statement.excluded.revision > examples.c.revision,
        )
        if rows:
            with self._engine.begin() as connection:
                connection.execute(newer, rows)
        self._last_arrival = time.monotonic()
        return left_out

    def quiet_s(self) -> float | None:
        """Seconds since the last example arrived; None if none has since the start."""
        return None if self._last_arrival is None else time.monotonic() - self._last_arrival

    def waiting(
        self,
        fits: Mapping[Method, str] | None = None,
        since_s: Callable[[datetime], float] = lambda at: (utc_now() - at).total_seconds(),
    ) -> dict[Method, WaitingExamples]:
        """The examples that no finished run has used, counted by method.

        `fits` is `Recipe.fits`: examples that a run has left out for it do not wait. `since_s`
        returns how long ago a time is.
        """
        return {method: _waiting(self._engine, method, fits or {}, since_s) for method in KINDS}

    def take(
        self, method: Method, most: Mapping[Aspect, int], fits: Mapping[Method, str] | None = None
    ) -> list[TrainingExample]:
        """At most `most` waiting examples of each aspect, in the order of their arrival."""
        waiting = (
            select(examples.c.event).where(*_waits(method, fits or {})).order_by(examples.c.number)
        )
        return [
            read_example(row.event)
            for aspect, limit in most.items()
            for row in read(self._engine, waiting.where(examples.c.aspect == aspect).limit(limit))
        ]

    def traces(self, example_ids: Sequence[str]) -> list[dict[str, str]]:
        """The distinct trace contexts of these examples."""
        named = func.json_each(json.dumps(list(example_ids))).table_valued("value")
        trace = func.json_extract(examples.c.event, "$.trace")
        of_these = examples.c.example_id.in_(select(named.c.value))
        traces = select(trace.label("trace")).distinct().where(of_these, trace != "{}")
        return [json.loads(row.trace) for row in read(self._engine, traces)]

    def add_requests(self, batch: Sequence[TrainingRequested | CancelRequested]) -> None:
        """Store requests for runs, and cancel the open run; a repetition changes nothing."""
        with self._engine.begin() as connection:
            for request in batch:
                if isinstance(request, TrainingRequested):
                    _add(connection, request)
                else:
                    _cancel(connection, request)

    def have_widgets(self) -> bool:
        """Whether any example is about widgets: without one the assistant shows none."""
        query = select(examples.c.example_id).where(examples.c.aspect == "widget").limit(1)
        return bool(read(self._engine, query))

    def open_request(self) -> RunRequest | None:
        """The first request that no run has answered."""
        first = select(requests).where(requests.c.run_id.is_(None)).order_by(requests.c.number)
        opened = read_first(self._engine, first.limit(1))
        return RunRequest(opened.requested_by, opened.method) if opened else None


def _row(event: BuiltExample | ExampleRetracted | TraceCaptured, payload: bytes) -> dict[str, Any]:
    return {
        "example_id": event.example_id,
        "revision": event.revision,
        "kind": type(event).__name__,
        "aspect": "" if isinstance(event, ExampleRetracted) else event.aspect,
        "event": payload.decode(),
    }


def _waits(method: Method, fits: Mapping[Method, str]) -> tuple[ColumnElement[bool], ...]:
    unfit_for = examples.c.unfit_for
    return (
        examples.c.kind.in_(KINDS[method]),
        examples.c.consumed_by.is_(None),
        or_(unfit_for.is_(None), unfit_for != fits.get(method, "")),
    )


def _waiting(
    engine: Engine,
    method: Method,
    fits: Mapping[Method, str],
    since_s: Callable[[datetime], float],
) -> WaitingExamples:
    desirable = func.json_extract(examples.c.event, "$.desirable")
    counted = select(
        func.count().label("all"),
        func.sum(case((desirable == 1, 1), else_=0)).label("desirable"),
        func.sum(case((examples.c.aspect == "voice", 1), else_=0)).label("voice"),
        func.sum(case((examples.c.aspect == "widget", 1), else_=0)).label("widget"),
        func.min(func.json_extract(examples.c.event, "$.occurred_at")).label("oldest"),
    ).where(*_waits(method, fits))
    [row] = read(engine, counted)
    if not row.all:
        return WaitingExamples()
    # A stored payload has the time as its producer wrote it, in any form that events allow.
    oldest = _TIMES.validate_python(row.oldest)
    return WaitingExamples(
        count=row.all,
        rarer=min(row.desirable, row.all - row.desirable),
        oldest_s=max(0.0, since_s(oldest)),
        voice=row.voice,
        widget=row.widget,
    )


def _add(connection: Connection, request: TrainingRequested) -> None:
    connection.execute(
        insert(requests).on_conflict_do_nothing(index_elements=["event_id"]),
        {
            "event_id": request.event_id,
            "requested_by": request.requested_by,
            "method": request.method,
        },
    )


def _cancel(connection: Connection, request: CancelRequested) -> None:
    """Cancel the run that was open at the time of the request, or the named one.

    A late or repeated request does not cancel a run that was planned after it.
    """
    planned_at = func.json_extract(runs.c.plan, "$.planned_at")
    opened = select(runs.c.run_id, planned_at.label("planned_at")).where(
        runs.c.verdict.is_(None), runs.c.cancelled_by.is_(None)
    )
    for row in connection.execute(opened).all():
        if request.run_id is None:
            # A plan from the future was made while the clock was ahead.
            planned = datetime.fromisoformat(row.planned_at)
            matches = planned <= request.occurred_at or planned > utc_now()
        else:
            matches = row.run_id == request.run_id
        if matches:
            its_row = update(runs).where(runs.c.run_id == row.run_id, runs.c.verdict.is_(None))
            connection.execute(its_row.values(cancelled_by=request.requested_by))
