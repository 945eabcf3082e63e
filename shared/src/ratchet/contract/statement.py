"""The latest statement on each topic counts, whatever the order in which statements arrive."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Stamp(NamedTuple):
    """Orders the statements on one topic: the higher one counts.

    `at` is a time in microseconds since 1970, or a revision; the id of the event breaks a tie.
    """

    at: int
    event_id: str


class Statement(NamedTuple):
    """What an event states on one topic."""

    stamp: Stamp
    value: Any


def latest(
    known: Mapping[str, Statement], statements: Iterable[tuple[str, Statement]]
) -> dict[str, Statement]:
    """`known` with each (topic, statement) that is newer than the one known on its topic.

    Any order and repetition of the same statements has the same result: streams are delivered
    at least once, and two of them in no order.
    """
    merged = dict(known)
    for topic, statement in statements:
        if topic not in merged or statement.stamp > merged[topic].stamp:
            merged[topic] = statement
    return merged


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 of an aware `moment`: exact, compact, quick to compare."""
    return (moment - _EPOCH) // _MICROSECOND
