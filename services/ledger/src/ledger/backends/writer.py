"""Write a batch of events and all that follows from them, in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.backends.tables import LINKS, PROJECTIONS, counts, events, examples, forgotten_examples
from ledger.domain.projection.changes import Facts, Link, Projection
from ledger.domain.projection.counting import Count, counts_of
from ledger.domain.projection.fold import Row, Stamp, Word, fold
from ledger.domain.projection.projector import facts_of
from ledger.domain.projection.stored_event import kept
from ledger.domain.values import plain
from ratchet.contract import BuiltExample, Delivered, Event, ExampleRetracted, stream_of


class SqlLedger:
    """As `ledger.ports.Ledger`, on an engine of `open_for_writing`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = (sqlite if engine.dialect.name == "sqlite" else postgresql).insert

    def write(self, batch: Sequence[Delivered[Event]]) -> int:
        by_id = {delivered.event.event_id: delivered for delivered in reversed(batch)}
        with self._engine.begin() as connection:
            for event_id in _known(connection, by_id):
                del by_id[event_id]
            for event_id in _forgotten(connection, [event for event, _ in by_id.values()]):
                del by_id[event_id]
            new = list(by_id.values())
            if new:
                self._keep(connection, new)
            return len(new)

    def _keep(self, connection: Connection, new: Sequence[Delivered[Event]]) -> None:
        rows = [{**kept(delivered), "stream": stream_of(delivered.event).name} for delivered in new]
        connection.execute(events.insert(), rows)
        change: Counter[Count] = Counter(("event", type(event).__name__) for event, _ in new)
        change.update(self.project(connection, [event for event, _ in new]))
        self.count(connection, change)

    def project(self, connection: Connection, told: Iterable[Event]) -> Counter[Count]:
        """Fold what `told` says into rows and links; returns by how much the counts change."""
        facts = [facts_of(event) for event in told]
        change: Counter[Count] = Counter()
        for projection, said in _by_projection(facts).items():
            change.update(self._fold(connection, projection, said))
        self.link(connection, (link for fact in facts for link in fact.links))
        return change

    def _fold(
        self, connection: Connection, projection: Projection, said: Mapping[str, Sequence[Word]]
    ) -> Counter[Count]:
        """Returns by how much the counts change."""
        table = PROJECTIONS[projection]
        [key] = table.primary_key.columns
        before = read_rows(connection, table, said)
        change: Counter[Count] = Counter()
        rows = []
        for name, words in said.items():
            known = before.get(name)
            after = fold(known or Row(), words)
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
        rows: dict[str, list[dict[str, str]]] = defaultdict(list)
        for link in links:
            left, right = LINKS[link.table].primary_key.columns
            rows[link.table].append({left.name: link.left, right.name: link.right})
        for name, found in rows.items():
            connection.execute(self._insert(LINKS[name]).on_conflict_do_nothing(), found)

    def count(self, connection: Connection, change: Counter[Count]) -> None:
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


def _known(connection: Connection, event_ids: Iterable[str]) -> Iterable[str]:
    found = select(events.c.event_id).where(events.c.event_id.in_(list(event_ids)))
    return connection.execute(found).scalars().all()


def _forgotten(connection: Connection, batch: Collection[Event]) -> list[str]:
    """Ids of retractions in `batch` of examples that were forgotten and that nothing is told of.

    Reward retracts what it forgets, and the ledger may have forgotten it before.
    """
    retracted = [event for event in batch if isinstance(event, ExampleRetracted)]
    names = {plain(event.example_id) for event in retracted}
    if not names:
        return []
    marked = select(forgotten_examples.c.example_id)
    built = select(examples.c.example_id).where(examples.c.built_at.is_not(None))
    gone = set(
        connection.execute(marked.where(forgotten_examples.c.example_id.in_(names))).scalars()
    )
    if gone:
        gone -= set(connection.execute(built.where(examples.c.example_id.in_(gone))).scalars())
        gone -= {plain(event.example_id) for event in batch if isinstance(event, BuiltExample)}
    return [event.event_id for event in retracted if plain(event.example_id) in gone]


def _by_projection(facts: Iterable[Facts]) -> dict[Projection, dict[str, list[Word]]]:
    said: dict[Projection, dict[str, list[Word]]] = {}
    for fact in facts:
        for saying in fact.sayings:
            rows = said.setdefault(saying.projection, {})
            rows.setdefault(saying.key, []).extend(saying.words)
    return said


def read_rows(connection: Connection, table: Table, keys: Iterable[str]) -> dict[str, Row]:
    [key] = table.primary_key.columns
    found: dict[str, Row] = {}
    for row in connection.execute(select(table).where(key.in_(list(keys)))).mappings():
        columns: dict[str, Any] = dict(row)
        name, stamps = columns.pop(key.name), columns.pop("stamps")
        found[name] = Row(columns, {topic: Stamp(*stamp) for topic, stamp in stamps.items()})
    return found


def _empty(table: Table) -> dict[str, None]:
    return dict.fromkeys(column.name for column in table.columns)
