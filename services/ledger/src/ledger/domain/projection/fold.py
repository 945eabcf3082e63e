"""Rows that are folds: of all that was said about one thing, the last word on each topic stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.domain.values import microseconds, whole
from ratchet.contract import Event, Stamp, Statement, latest


class Word(NamedTuple):
    """Columns that are said together."""

    topic: str
    stamp: Stamp
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A row of a table: its columns, and the stamp of the word that each topic rests on."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    def knows(self, topic: str) -> bool:
        return topic in self.stamps


def fold(row: Row, words: Iterable[Word]) -> Row:
    """`row` after `words`; see `ratchet.contract.latest`."""
    known = {topic: Statement(stamp, {}) for topic, stamp in row.stamps.items()}
    merged = latest(known, ((word.topic, Statement(word.stamp, word.columns)) for word in words))
    columns = dict(row.columns)
    for statement in merged.values():
        columns.update(statement.value)
    return Row(columns, {topic: statement.stamp for topic, statement in merged.items()})


def said_at(event: Event) -> Stamp:
    return Stamp(microseconds(event.occurred_at), event.event_id)


def revised(revision: int, event: Event) -> Stamp:
    return Stamp(whole(revision), event.event_id)
