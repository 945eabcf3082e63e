"""Queries examples with their sources and the runs that used them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, select, tuple_

from ledger.backends.tables import example_sources, examples, runs, used_examples
from ledger.reading.queries.rows import columns_by_name, columns_of
from ledger.reading.views import ExampleState, ExampleView

_JUDGED = ("accepted", "refused")
"""The verdicts of runs whose examples are not used again."""

_used = exists().where(
    used_examples.c.example_id == examples.c.example_id,
    runs.c.run_id == used_examples.c.run_id,
    runs.c.verdict.in_(_JUDGED),
)
_state: ColumnElement[str] = case(
    (examples.c.state == "retracted", "retracted"), (_used, "used"), else_="built"
)


def page(
    connection: Connection,
    limit: int,
    after: str | None,
    kind: str | None,
    aspect: str | None,
    state: ExampleState | None,
) -> list[ExampleView]:
    """A page, newest first, after the id `after`; empty after an unknown id."""
    rows = _select().limit(limit)
    if after is not None:
        last = connection.execute(
            select(examples.c.built_at, examples.c.example_id).where(examples.c.example_id == after)
        ).first()
        if last is None:
            return []
        rows = rows.where(tuple_(examples.c.built_at, examples.c.example_id) < tuple_(*last))
    for column, value in ((examples.c.kind, kind), (examples.c.aspect, aspect), (_state, state)):
        if value is not None:
            rows = rows.where(column == value)
    return _views(connection, rows)


def examples_of(connection: Connection, query_id: str) -> tuple[ExampleView, ...]:
    """The examples that were built of an experience."""
    built = select(example_sources.c.example_id).where(example_sources.c.query_id == query_id)
    return tuple(_views(connection, _select().where(examples.c.example_id.in_(built))))


def examples_in(connection: Connection, run_id: str) -> tuple[ExampleView, ...]:
    """The examples of a run."""
    used = select(used_examples.c.example_id).where(used_examples.c.run_id == run_id)
    return tuple(_views(connection, _select().where(examples.c.example_id.in_(used))))


def _select() -> Select[Any]:
    columns = [c for c in columns_of(examples, ExampleView) if c is not examples.c.state]
    return (
        select(*columns, _state.label("state"))
        .where(examples.c.built_at.is_not(None))
        .order_by(examples.c.built_at.desc(), examples.c.example_id.desc())
    )


def _views(connection: Connection, rows: Select[Any]) -> list[ExampleView]:
    columns = [columns_by_name(row) for row in connection.execute(rows).mappings()]
    ids = [row["example_id"] for row in columns]
    sources = _linked(connection, example_sources.c.example_id, example_sources.c.query_id, ids)
    used_by = _linked(connection, used_examples.c.example_id, used_examples.c.run_id, ids)
    return [
        ExampleView(
            **row,
            sources=tuple(sources[row["example_id"]]),
            used_by=tuple(used_by[row["example_id"]]),
        )
        for row in columns
    ]


def _linked(
    connection: Connection, this: Any, that: Any, ids: Iterable[str]
) -> dict[str, list[str]]:
    linked: dict[str, list[str]] = defaultdict(list)
    rows = select(this, that).where(this.in_(list(ids))).order_by(that)
    for one, other in connection.execute(rows):
        linked[one].append(other)
    return linked
