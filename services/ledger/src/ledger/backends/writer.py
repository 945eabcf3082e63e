"""Writes a batch of events and their projections in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite

from ledger.backends.rows import (
    changes_about,
    delete_rows,
    late_retractions,
    read_rows,
    to_fold_again,
)
from ledger.backends.stored_ids import about_stored_answers, with_own_ids
from ledger.backends.stream_ends import advance
from ledger.backends.tables import (
    LINKS,
    PROJECTIONS,
    counts,
    events,
)
from ledger.domain.projection.changes import (
    ColumnUpdate,
    EventChanges,
    Link,
    ProjectedRow,
    Projection,
    fold,
)
from ledger.domain.projection.counting import Count, counts_of
from ledger.domain.projection.projector import changes_of
from ledger.domain.projection.stored_event import event_row
from ratchet.contract import (
    FEEDBACK_WINDOW_DAYS,
    Delivered,
    Event,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    stream_of,
)

_OF_AN_ANSWER = (ExperienceRecorded, ExperienceScored, FeedbackReceived)
_DAY = 86_400_000_000


class SqlLedger:
    """Stores events and their projections on an engine of `open_for_writing`.

    Feedback counts for `window_days` after its answer was recorded, as it does for rewards.
    """

    def __init__(self, engine: Engine, window_days: int = FEEDBACK_WINDOW_DAYS) -> None:
        self._window = window_days * _DAY
        self._engine = engine
        self._insert = (sqlite if engine.dialect.name == "sqlite" else postgresql).insert

    def write(self, batch: Sequence[Delivered[Event]]) -> int:
        """Store each payload once, with the rows derived from it; returns how many are new.

        On return all of it is durable. Raises `ratchet.contract.Unavailable`, with nothing
        written, if the database is unavailable or its disk is full.
        """
        with self._engine.begin() as connection:
            by_id = with_own_ids(connection, batch)
            for event_id in late_retractions(connection, [each.event for each in by_id.values()]):
                del by_id[event_id]
            new = about_stored_answers(connection, by_id.values())
            if new:
                self._insert_events(connection, new)
            advance(connection, self._insert, batch)
            return len(new)

    def _insert_events(self, connection: Connection, new: Sequence[Delivered[Event]]) -> None:
        rows = [
            {**event_row(delivered), "stream": stream_of(delivered.event).name} for delivered in new
        ]
        connection.execute(events.insert(), rows)
        change: Counter[Count] = Counter(("event", type(each.event).__name__) for each in new)
        named = {
            row["query_id"]
            for each, row in zip(new, rows, strict=True)
            if row["query_id"] and isinstance(each.event, ExperienceRecorded | FeedbackReceived)
        }
        # Which of several answers is the first, and which feedback came too late, is known only
        # from all events.
        again = to_fold_again(connection, named, self._window)
        change.subtract(delete_rows(connection, "experiences", again))
        change.update(self.fold_again(connection, again))
        rest = [
            each.event
            for each, row in zip(new, rows, strict=True)
            if row["query_id"] not in again or not isinstance(each.event, _OF_AN_ANSWER)
        ]
        change.update(self.project(connection, rest))
        self.count(connection, change)

    def fold_again(self, connection: Connection, query_ids: Collection[str]) -> Counter[Count]:
        """Make the rows of experiences, which do not exist, of all of their events."""
        return self.apply(connection, changes_about(connection, query_ids, self._window))

    def project(self, connection: Connection, batch: Iterable[Event]) -> Counter[Count]:
        """Apply the changes of `batch` to rows and links; returns by how much the counts change."""
        return self.apply(connection, map(changes_of, batch))

    def apply(self, connection: Connection, made: Iterable[EventChanges]) -> Counter[Count]:
        """Apply changes to rows and links; returns by how much the counts change."""
        changes = list(made)
        change: Counter[Count] = Counter()
        for projection, updates in _by_projection(changes).items():
            change.update(self._fold(connection, projection, updates))
        self.link(connection, (link for each in changes for link in each.links))
        return change

    def _fold(
        self,
        connection: Connection,
        projection: Projection,
        updates: Mapping[str, Sequence[ColumnUpdate]],
    ) -> Counter[Count]:
        """Fold `updates`, by key, into the rows; returns by how much the counts change."""
        table = PROJECTIONS[projection]
        [key] = table.primary_key.columns
        before = read_rows(connection, table, updates)
        change: Counter[Count] = Counter()
        rows = []
        for name, new in updates.items():
            known = before.get(name)
            after = fold(known or ProjectedRow(), new)
            if known is not None:
                change.subtract(counts_of(projection, known))
            change.update(counts_of(projection, after))
            rows.append({**_empty(table), **after.columns, key.name: name, "stamps": after.stamps})
        statement = self._insert(table)
        columns = [column.name for column in table.columns if not column.primary_key]
        replace = statement.on_conflict_do_update(
            index_elements=[key], set_={name: statement.excluded[name] for name in columns}
        )
        connection.execute(replace, rows)
        return change

    def link(self, connection: Connection, links: Iterable[Link]) -> None:
        """Add `links`; a known one changes nothing."""
        rows: dict[str, list[dict[str, str]]] = defaultdict(list)
        for link in links:
            left, right = LINKS[link.table].primary_key.columns
            rows[link.table].append({left.name: link.left, right.name: link.right})
        for name, values in rows.items():
            connection.execute(self._insert(LINKS[name]).on_conflict_do_nothing(), values)

    def count(self, connection: Connection, change: Counter[Count]) -> None:
        """Add `change` to the counts."""
        # Sorted: two writers that lock rows in different orders would deadlock on PostgreSQL.
        statement = self._insert(counts)
        add = statement.on_conflict_do_update(
            index_elements=["name", "which"],
            set_={"count": counts.c.count + statement.excluded.count},
        )
        rows = [
            {"name": name, "which": which, "count": by}
            for (name, which), by in sorted(change.items())
            if by
        ]
        if rows:
            connection.execute(add, rows)


def _by_projection(
    changes: Iterable[EventChanges],
) -> dict[Projection, dict[str, list[ColumnUpdate]]]:
    """The updates of each row, by projection and key."""
    updates: dict[Projection, dict[str, list[ColumnUpdate]]] = {}
    for change in changes:
        for row in change.rows:
            updates.setdefault(row.projection, {}).setdefault(row.key, []).extend(row.updates)
    return updates


def _empty(table: Table) -> dict[str, None]:
    return dict.fromkeys(column.name for column in table.columns)
