"""Rows that are folds: of all that was said about one thing, the last word on each topic stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.domain.values import whole
from ratchet.contract import Event, microseconds


class Stamp(NamedTuple):
    """Of two words on a topic the one with the higher stamp stands.

    `at` is a time in microseconds or a revision; the id breaks a tie.
    """

    at: int
    event_id: str


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
    """`row` after `words`; any order and repetition of the same words ends in the same row."""
    columns, stamps = dict(row.columns), dict(row.stamps)
    for word in words:
        known = stamps.get(word.topic)
        if known is None or word.stamp > known:
            columns.update(word.columns)
            stamps[word.topic] = word.stamp
    return Row(columns, stamps)


def said_at(event: Event) -> Stamp:
    return Stamp(microseconds(event.occurred_at), event.event_id)


def revised(revision: int, event: Event) -> Stamp:
    return Stamp(whole(revision), event.event_id)
