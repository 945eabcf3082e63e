"""Model versions, and which of them learnt from an experience."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, func, or_, select

from ledger.backends.tables import example_sources, forgotten_examples, models, run_examples
from ledger.reading.queries.rows import columns_of, read
from ledger.reading.views import ModelState, ModelView

_LEARNT_FROM_FORGOTTEN = (
    exists()
    .where(run_examples.c.run_id == models.c.run_id)
    .where(forgotten_examples.c.example_id == run_examples.c.example_id)
    .label("trained_on_forgotten")
)
_COLUMNS = [*columns_of(models, ModelView), models.c.rolled_back, _LEARNT_FROM_FORGOTTEN]
_REAL = or_(models.c.registered_at.is_not(None), models.c.came_at.is_not(None))
"""A version that only ever was asked for in vain is no model."""


def newest(connection: Connection, limit: int) -> list[ModelView]:
    """The newest first."""
    return list(_views(connection, _select().limit(limit)))


def view(connection: Connection, version: str) -> ModelView | None:
    return next(iter(_views(connection, _select().where(models.c.version == version))), None)


def in_service(connection: Connection) -> ModelView | None:
    """The one that came last, unless it has gone since."""
    came = select(*_COLUMNS).where(models.c.came_at.is_not(None))
    last = came.order_by(models.c.came_at.desc(), models.c.version.desc()).limit(1)
    return next((m for m in _views(connection, last) if m.state == "active"), None)


def models_of_run(connection: Connection, run_id: str) -> tuple[ModelView, ...]:
    return _views(connection, _select().where(models.c.run_id == run_id))


def models_of_examples(connection: Connection, query_id: str) -> tuple[ModelView, ...]:
    """Those whose run had an example that the experience stands behind."""
    runs = (
        select(run_examples.c.run_id)
        .join(example_sources, example_sources.c.example_id == run_examples.c.example_id)
        .where(example_sources.c.query_id == query_id)
    )
    return _views(connection, _select().where(models.c.run_id.in_(runs)))


def _select() -> Select[Any]:
    order = func.coalesce(models.c.registered_at, models.c.came_at)
    return select(*_COLUMNS).where(_REAL).order_by(order.desc(), models.c.version.desc())


def _views(connection: Connection, rows: Select[Any]) -> tuple[ModelView, ...]:
    found = []
    for row in connection.execute(rows).mappings():
        columns = read(row)
        del columns["rolled_back"]
        columns["trained_on_forgotten"] = bool(columns["trained_on_forgotten"])
        found.append(ModelView(**columns, state=_state(row)))
    return tuple(found)


def _state(row: RowMapping) -> ModelState:
    if row["came_at"] is None and row["went_at"] is None:
        return "registered" if row["refused_at"] is None else "refused"
    if row["went_at"] is None or (row["came_at"] or 0) > row["went_at"]:
        return "active"
    return "rolled_back" if row["rolled_back"] else "replaced"
