"""Queries model versions, and those that were trained on an experience."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, func, or_, select

from ledger.backends.tables import example_sources, forgotten_examples, models, used_examples
from ledger.reading.queries.rows import columns_by_name, columns_of
from ledger.reading.views import ModelState, ModelView

_TRAINED_ON_FORGOTTEN = (
    exists()
    .where(used_examples.c.run_id == models.c.run_id)
    .where(forgotten_examples.c.example_id == used_examples.c.example_id)
    .label("trained_on_forgotten")
)
_COLUMNS = [*columns_of(models, ModelView), models.c.rolled_back, _TRAINED_ON_FORGOTTEN]
_REGISTERED = or_(models.c.registered_at.is_not(None), models.c.came_at.is_not(None))
"""A refused activation may name a version that never existed."""


def newest(connection: Connection, limit: int) -> list[ModelView]:
    """The newest versions, newest first."""
    return list(_views(connection, _select().limit(limit)))


def view(connection: Connection, version: str) -> ModelView | None:
    return next(iter(_views(connection, _select().where(models.c.version == version))), None)


def active(connection: Connection) -> ModelView | None:
    """The version that was activated last, None if it was replaced since."""
    came = select(*_COLUMNS).where(models.c.came_at.is_not(None))
    last = came.order_by(models.c.came_at.desc(), models.c.version.desc()).limit(1)
    return next((m for m in _views(connection, last) if m.state == "active"), None)


def models_of_run(connection: Connection, run_id: str) -> tuple[ModelView, ...]:
    return _views(connection, _select().where(models.c.run_id == run_id))


def models_of_examples(connection: Connection, query_id: str) -> tuple[ModelView, ...]:
    """The versions whose run used an example built of the experience."""
    runs = (
        select(used_examples.c.run_id)
        .join(example_sources, example_sources.c.example_id == used_examples.c.example_id)
        .where(example_sources.c.query_id == query_id)
    )
    return _views(connection, _select().where(models.c.run_id.in_(runs)))


def _select() -> Select[Any]:
    order = func.coalesce(models.c.registered_at, models.c.came_at)
    return select(*_COLUMNS).where(_REGISTERED).order_by(order.desc(), models.c.version.desc())


def _views(connection: Connection, rows: Select[Any]) -> tuple[ModelView, ...]:
    views = []
    for row in connection.execute(rows).mappings():
        columns = columns_by_name(row)
        del columns["rolled_back"]
        columns["trained_on_forgotten"] = bool(columns["trained_on_forgotten"])
        views.append(ModelView(**columns, state=_state(row)))
    return tuple(views)


def _state(row: RowMapping) -> ModelState:
    if row["came_at"] is None and row["went_at"] is None:
        return "registered" if row["refused_at"] is None else "refused"
    if row["went_at"] is None or (row["came_at"] or 0) > row["went_at"]:
        return "active"
    return "rolled_back" if row["rolled_back"] else "replaced"
