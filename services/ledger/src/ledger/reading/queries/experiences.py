"""Queries the newest experiences, and one in detail."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, tuple_

from ledger.backends.tables import experiences
from ledger.domain.projection.counting import feedback_source
from ledger.domain.values import keys_of
from ledger.reading.details import ExperienceDetails
from ledger.reading.queries.examples import examples_of
from ledger.reading.queries.models import models_of_examples
from ledger.reading.queries.rows import columns_by_name, columns_of, events_about
from ledger.reading.views import ExperienceView
from ratchet.contract import time_of

_COLUMNS = [*columns_of(experiences, ExperienceView), experiences.c.by_user, experiences.c.by_judge]


def newest(connection: Connection, limit: int, after: str | None = None) -> list[ExperienceView]:
    """A page, newest first, after the id `after`; empty after an unknown id."""
    key = (experiences.c.answered_at, experiences.c.query_id)
    rows = (
        select(*_COLUMNS)
        .where(experiences.c.answered_at.is_not(None))
        .order_by(*(column.desc() for column in key))
        .limit(limit)
    )
    if after is not None:
        known = experiences.c.query_id.in_(keys_of(after))
        last = connection.execute(
            select(*key).where(known, experiences.c.answered_at.is_not(None))
        ).first()
        if last is None:
            return []
        rows = rows.where(tuple_(*key) < tuple_(*last))
    return [_view(row) for row in connection.execute(rows).mappings()]


def details(connection: Connection, query_id: str) -> ExperienceDetails | None:
    """None if no event concerns the experience.

    An answer that an earlier release stored under another spelling of its id is found, too.
    """
    names = keys_of(query_id)
    rows = connection.execute(select(*_COLUMNS).where(experiences.c.query_id.in_(names)))
    found = sorted(
        rows.mappings(), key=lambda row: (row["answered_at"] is None, names.index(row["query_id"]))
    )
    if not found:
        return None
    row = found[0]
    key = row["query_id"]
    events = events_about(connection, "query_id", key)
    built = examples_of(connection, key)
    return ExperienceDetails(
        experience=_view(row),
        facts=tuple(event for event in events if event.type != "ExperienceScored"),
        revisions=tuple(
            sorted(
                (event for event in events if event.type == "ExperienceScored"),
                key=lambda event: event.body["revision"],
            )
        ),
        examples=built,
        models=models_of_examples(connection, key),
    )


def recorded_at(connection: Connection, query_id: str) -> datetime | None:
    """None for an answer that is not recorded."""
    rows = select(experiences.c.stamps).where(experiences.c.query_id.in_(keys_of(query_id)))
    times = [row["recorded"][0] for row in connection.execute(rows).scalars() if "recorded" in row]
    return time_of(min(times)) if times else None


def _view(row: RowMapping) -> ExperienceView:
    columns = columns_by_name(row)
    source = feedback_source(columns)
    del columns["by_user"], columns["by_judge"]
    return ExperienceView(**columns, feedback_source=source)
