"""Designations: numbers that name a substance, a size, a grade or a standard ("R134a", "DN 50").

Unlike a tag, a designation names no single device; unlike a quantity, it has no unit.
"""

import re
from collections.abc import Iterator
from string import ascii_uppercase

from ratchet_text.characters import WORD_END
from ratchet_text.equipment.tags import EquipmentId, unit_follows
from ratchet_text.tables import table

_TABLE = table("designations")
_REACH = 8
_STANDARD = r"[0-9]{3,6}(?:-[0-9]{1,4})?+(?::[0-9]{4})?+"
_MULTIGRADE = r"(?:SAE ?)?+(?:0|5|10|15|20|25|75|80|85)W-?(?:8|12|16|20|30|40|50|60|90|140)"
MATERIALS = frozenset(_TABLE["materials"].split())


def _forms() -> Iterator[str]:
    yield _MULTIGRADE
    yield rf"(?:{'|'.join(_TABLE['standards']['letters'].split())}) {_STANDARD}"
    for letters, listed in _TABLE["numbered"].items():
        values = sorted(map(re.escape, listed.split()), reverse=True)
        lettered = [value for value in values if value[-1].isalpha()]
        hyphened = rf"|-(?i:{'|'.join(lettered)})" if lettered else ""
        yield rf"{letters}(?: ?(?i:{'|'.join(values)}){hyphened})"


_DESIGNATION = re.compile(rf"(?<![^\W_])(?:{'|'.join(_forms())}){WORD_END}(?![.,][0-9])")


def designation_around(text: str, start: int, reached: int) -> EquipmentId | None:
    """The designation of the number at `text[start]`; it begins at `reached` or after."""
    ahead = text[max(reached, start - _REACH) : start]
    word = ahead.rstrip(" -").rstrip(ascii_uppercase)
    first = start - len(ahead) + len(word)
    match = _DESIGNATION.match(text, first) or _DESIGNATION.match(text, start)
    if match is None or match.end() <= start or unit_follows(text, match.end()):
        return None
    number = match[0].lstrip(ascii_uppercase + " -")
    letters = match[0].removesuffix(number).rstrip(" -") or "SAE"
    return EquipmentId(
        letters.lower(), number.replace("-", "").upper(), *match.span(), designation=True
    )
