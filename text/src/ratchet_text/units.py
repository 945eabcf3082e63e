"""Units of measure in spoken answers, as symbols and as words of several languages."""

import re
from functools import lru_cache
from unicodedata import normalize

from ratchet_text.characters import SPACELESS
from ratchet_text.tables import table

_PLURAL_FROM = 3


def _kinds() -> dict[str, str]:
    kinds = {}
    for kind, units in table("numbers/units").items():
        plurals = [f"{unit}s" for unit in units["english"] if len(unit) >= _PLURAL_FROM]
        plurals = [plural for plural in plurals if plural.isalpha()]
        for unit in (*units["english"], *plurals, *units["others"]):
            for form in (unit, normalize("NFKC", unit), normalize("NFD", unit)):
                kinds[form] = kind
    return kinds


_KINDS = _kinds()
_TIMES = frozenset(table("numbers/words")["times"])
_CLOSED_UP = re.compile(rf"{SPACELESS}|[\u30a0-\u33ff\uac00-\ud7a3]")
_UNSPACED = frozenset(filter(_CLOSED_UP.match, _KINDS))
_NOT_UNITS = frozenset(table("numbers/words")["not_units"])
_LONGEST: dict[str, int] = {}
for _unit in _UNSPACED | _NOT_UNITS:
    _LONGEST[_unit[0]] = max(len(_unit), _LONGEST.get(_unit[0], 0))


@lru_cache(4_096)
def unit_kind(token: str) -> str | None:
    """What a unit measures ("kilowatts" -> "power and energy"); None if it is no unit."""
    kind = _KINDS.get(token) or _KINDS.get(token.lower())
    if kind is None and not token.isascii():
        return _KINDS.get(normalize("NFKC", token).lower())
    return kind


def is_unit(token: str) -> bool:
    """Whether a token that follows a number is (the first word of) its unit."""
    return token in _KINDS or unit_kind(token) is not None


def is_percent(token: str) -> bool:
    """Whether the token is the percent sign or word."""
    return unit_kind(token) == "percent"


def is_times(token: str) -> bool:
    """Whether the token makes the number before it a factor ("0.9 times")."""
    return token.lower() in _TIMES


def unspaced_unit(text: str, start: int) -> str:
    """The longest unit at `start` in a script without spaces around units; or ""."""
    for length in range(_LONGEST.get(text[start : start + 1], 0), 0, -1):
        unit = text[start : start + length]
        if unit in _UNSPACED:
            return unit
        if unit in _NOT_UNITS:
            return ""
    return ""
