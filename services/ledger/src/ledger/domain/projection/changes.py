"""What one event says: words about rows, and links between them."""

from typing import Literal, NamedTuple

from ledger.domain.projection.fold import Word

Projection = Literal["experiences", "examples", "runs", "models"]
LinkTable = Literal["example_sources", "run_examples", "forgotten_examples"]


class RowChange(NamedTuple):
    """Words about the row `key` of a projection."""

    projection: Projection
    key: str
    words: tuple[Word, ...]


class Link(NamedTuple):
    """An example and an experience it was made of, a run and an example it used, or an example
    and the request by which it was forgotten.
    """

    table: LinkTable
    left: str
    right: str


class EventChanges(NamedTuple):
    sayings: tuple[RowChange, ...] = ()
    links: tuple[Link, ...] = ()


NO_CHANGES = EventChanges()
