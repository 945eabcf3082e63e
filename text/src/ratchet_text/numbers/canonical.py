"""Replaces the characters of numbers by one form each, so that one grammar reads all of them."""

import re
from unicodedata import category, decimal, normalize

from ratchet_text.tables import table

_TABLE = table("numbers/characters")
VULGAR: dict[str, float] = _TABLE["vulgar_fractions"]
_CACHED_BELOW = 0x10000
# ASCII, the degree sign and the letters of Latin-1 need no replacement.
_REPLACEABLE = re.compile(r"[^\x00-\x7f°À-ÖØ-öø-ÿ]")


class _Replacements(dict[int, int | str]):
    """Fills itself; the characters beyond the first plane are rare and are not kept."""

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        form: int | str = code
        if char.isdecimal():
            form = str(decimal(char))
        elif category(char) != "No":
            compatible = normalize("NFKC", char)
            form = compatible if len(compatible) == 1 else code
        if code < _CACHED_BELOW:
            self[code] = form
        return form


_REPLACEMENTS = _Replacements({code: code for code in range(128)})
_REPLACEMENTS.update(
    (ord(char), form) for form, chars in _TABLE["replacements"].items() for char in chars
)


def is_plain(text: str) -> bool:
    """Whether the text has no character of a number beyond ASCII."""
    return text.isascii() or _REPLACEABLE.search(text) is None


def canonical(text: str) -> str:
    """The text with ASCII digits, signs and spaces of numbers; every position stays the same."""
    return text.translate(_REPLACEMENTS)
