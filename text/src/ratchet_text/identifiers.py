"""Ids from outside: one id has one spelling, and every one can be part of a URL."""

import re
from typing import Any
from unicodedata import category, normalize

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible, and part of words in Persian, Hindi and other languages."""
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_EXACT = 2**53
"""Beyond it several whole numbers are the same float, so that one id would have another's data."""
_NOBODY = frozenset(
    (
        "0 anon anonym anonyme anonymous anonimo anónimo default desconocido gast guest inconnu na "
        "nan nil nobody none null unbekannt undefined unknown unknownuser unnamed user"
    ).split()
)
_UUID = re.compile(
    r"(?:urn:uuid:)?[{(]?([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2"
    r"([0-9a-f]{12})[)}]?",
    re.ASCII | re.IGNORECASE,
)


def identifier(value: Any, compact: bool = True) -> str:
    """The one spelling of an id; raises `ValueError`.

    A whole number becomes its decimal text. Text is normalized to NFC, without white space around
    it. A UUID is lower-case with hyphens, however it was written; without hyphens it counts as one
    if `compact`.
    """
    if isinstance(value, float) and value.is_integer():
        if abs(value) > _EXACT:
            raise ValueError("is not an exact number; send the digits, or text")
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**128:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be text or a whole number, such as q-42 or 42")
    text = normalize("NFC", value).strip()
    if (found := _UUID.fullmatch(text)) and (compact or found[2]):
        return "-".join(found.group(1, 3, 4, 5, 6)).lower()
    if not (text.isascii() and text.isprintable()):
        for character in text:
            if category(character) in _INVISIBLE and character not in _JOINERS:
                raise ValueError(
                    f"contains the invisible character U+{ord(character):04X}; remove it"
                )
    if "." in text and not {".", ".."}.isdisjoint(re.split(r"[/\\]", text)):
        raise ValueError("has . or .. between slashes, which URLs drop; send one such as q-42")
    return text


def person_named(user_id: str) -> str:
    """`user_id`, or an empty text if it stands for nobody, such as "anonymous" or "null"."""
    letters = "".join(filter(str.isalnum, user_id)).casefold()
    return user_id if letters and letters not in _NOBODY else ""


def known_as(value: Any, compact: bool = True) -> Any:
    """`identifier(value)`, or `value` itself if it is none."""
    try:
        return identifier(value, compact)
    except ValueError:
        return value


def spellings(name: str) -> list[str]:
    """The id, then the spellings under which an earlier release may have stored it."""
    known = known_as(name)
    forms = [known, name, normalize("NFD", name)]
    if _UUID.fullmatch(known):
        compact = known.replace("-", "")
        several = (known, f"{{{known}}}", f"urn:uuid:{known}", compact)
        forms += [each for form in several for each in (form, form.upper())]
    return list(dict.fromkeys(forms))
