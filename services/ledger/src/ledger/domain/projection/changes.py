"""The changes that one event makes to the ledger: updates of rows, and links between them."""

from typing import Literal, NamedTuple

from ledger.domain.projection.fold import ColumnUpdate

Projection = Literal["experiences", "examples", "runs", "models"]
LinkTable = Literal["example_sources", "run_examples", "left_out_examples", "forgotten_examples"]


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
