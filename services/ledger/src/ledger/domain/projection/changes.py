"""The changes that one event makes: updates of rows, folded by topic, and links between rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ledger.domain.values import whole
from ratchet.contract import Event, Stamp, Statement, latest, microseconds

Projection = Literal["experiences", "examples", "runs", "models"]
LinkTable = Literal["example_sources", "run_examples", "left_out_examples", "forgotten_examples"]


class ColumnUpdate(NamedTuple):
    """Columns of one topic, which change together."""

    topic: str
    stamp: Stamp
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class ProjectedRow:
    """A row of a table: its columns, and by topic the stamp of the update that they come from."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    def knows(self, topic: str) -> bool:
        return topic in self.stamps


def fold(row: ProjectedRow, updates: Iterable[ColumnUpdate]) -> ProjectedRow:
    """`row` after `updates`, by the rule of `ratchet.contract.latest`."""
    known = {topic: Statement(stamp, {}) for topic, stamp in row.stamps.items()}
    merged = latest(
        known, ((update.topic, Statement(update.stamp, update.columns)) for update in updates)
    )
    columns = dict(row.columns)
    for statement in merged.values():
        columns.update(statement.value)
    return ProjectedRow(columns, {topic: statement.stamp for topic, statement in merged.items()})


def time_stamp(event: Event) -> Stamp:
    """Orders updates by the time of their events."""
    return Stamp(microseconds(event.occurred_at), event.event_id)


def revision_stamp(revision: int, event: Event) -> Stamp:
    """Orders updates by their revision."""
    return Stamp(whole(revision), event.event_id)


class RowChange(NamedTuple):
    """Updates of the row `key` of a projection."""

    projection: Projection
    key: str
    updates: tuple[ColumnUpdate, ...]


class Link(NamedTuple):
    """A pair of ids: example and source, run and example, or erased example and request."""

    table: LinkTable
    left: str
    right: str


class EventChanges(NamedTuple):
    """Everything that follows from one event."""

    rows: tuple[RowChange, ...] = ()
    links: tuple[Link, ...] = ()


NO_CHANGES = EventChanges()
