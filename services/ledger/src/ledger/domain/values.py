"""Converts values to what every database stores: bounded integers, text without NUL."""

from typing import Any

from ratchet.contract import BEGINNING, EntryId
from ratchet_text import spellings

_MOST = 10**9
_LONGEST = 500
_SEQ_BITS = 20
_MOST_SEQ: int = 2**_SEQ_BITS - 1
_MOST_MS: int = 2 ** (63 - _SEQ_BITS) - 1


def whole(number: float) -> int:
    """The nearest integer, clipped to ±10^9, so that sums of many fit into 64 bits."""
    return round(max(-_MOST, min(_MOST, number)))


def millionths(number: float) -> int:
    """Millionths of `number`, rounded: unlike floats, their sums do not depend on the order."""
    return round(number * 1_000_000)


def plain(text: str, longest: int = _LONGEST) -> str:
    """The first `longest` characters of `text`, without NUL, which PostgreSQL does not store."""
    return text[:longest].replace("\x00", "\ufffd")


def arrival_number(entry_id: EntryId) -> int | None:
    """A number that orders the entries of a stream in 63 bits; None for an unknown entry."""
    if entry_id == BEGINNING:
        return None
    return min(entry_id.ms, _MOST_MS) << _SEQ_BITS | min(entry_id.seq, _MOST_SEQ)


def entry_numbered(arrived: int) -> EntryId:
    """The inverse of `arrival_number`."""
    return EntryId(arrived >> _SEQ_BITS, arrived & _MOST_SEQ)


def keyed(name: str | None) -> str | None:
    """An id as a key of rows; None for an empty one."""
    return plain(name) if name else None


def keys_of(name: str) -> list[str]:
    """The keys of rows that an id may have: its own, then those of earlier releases."""
    return list(dict.fromkeys(map(plain, spellings(name))))


def numbers(values: dict[str, Any] | None, most: int) -> dict[str, float] | None:
    """The numeric entries of `values`, sorted by name, at most `most` of them."""
    if values is None:
        return None
    numeric = {
        plain(name, 100): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST
    }
    return dict(sorted(numeric.items())[:most])
