"""Tags of plant equipment, as drawings and screens have them: "P-101A", "10LAC10AP001"."""

import re
from string import ascii_uppercase
from typing import NamedTuple

from ratchet_text.characters import WORD_END, folded
from ratchet_text.equipment.vocabulary import active_vocabulary
from ratchet_text.followers import CLOSED_UP, follower_at
from ratchet_text.units import is_unit, unspaced_unit

_TAG_LENGTH = 5
_CODE_REACH = 16
_HYPHENS = ("-", "_")
_BLANKS = " -_\u00a0\u202f"
_SURE_DIGITS = 3
_TAG_LETTERS = frozenset("ABCDEF")

# Possessive quantifiers: a match is linear on any text.
_TAG_END = re.compile(
    rf"([A-Z]{{0,2}}+)((?:-[0-9]{{1,3}}+[A-Z]?+|[/.][0-9]{{1,2}}+|-[A-Z]|(?:/[A-Z]){{1,5}}+)?+){WORD_END}"
)
_SPACED_END = re.compile(rf"([ABDE]?+)((?:-[A-F])?+){WORD_END}")
_CODE = re.compile(
    # KKS and RDS-PP: 10LAC10 AP001.
    r"(?:(?:[0-9]{1,2}+)?+[A-Z]{3}[0-9]{2} ?+[A-Z]{2}[0-9]{3}[A-Z]?+"
    # Several parts with three digits or more: AHU2F15, A1-M12.
    r"|(?=(?:[A-Z_.+-]*+[0-9]){3})"
    rf"[A-Z]{{1,5}}+[0-9]{{1,4}}+(?:[-_.+]?+[A-Z]{{1,5}}+[-_]?+[0-9]{{1,4}}+){{1,6}}+[A-Z]?+){WORD_END}"
)
_FIRST_PART = re.compile(r"([A-Z]++)[-_]?+([0-9].*+)")


class EquipmentId(NamedTuple):
    """One device in a text, as `text[start:end]`.

    `key` and `tag` identify it: "Pumpe 02", "泵2" and "pump 2" are ("pump", "2"), "P-101A" is
    ("p", "101A"). `kind` is the kind of device in English, empty for a tag without a device word.
    A `designation` ("DN 50") is written like a tag and names no device.
    """

    key: str
    tag: str
    start: int
    end: int
    kind: str = ""
    designation: bool = False

    @property
    def name(self) -> str:
        """Key and tag, such as "pump 101B"."""
        return f"{self.key} {self.tag}".strip()


class PlacedNumber(NamedTuple):
    """A number in a text: its ASCII digits, its place, and where the word before it ends."""

    digits: str
    start: int
    end: int
    stem: int
    joint: str

    @property
    def whole(self) -> bool:
        return self.digits.isdecimal()

    @property
    def tag(self) -> str:
        """The digits without leading zeros."""
        return self.digits.lstrip("0") or "0"

    @property
    def joined(self) -> bool:
        """Whether it is part of an id whatever follows: zero-padded, or joined by a hyphen."""
        return is_padded(self.digits) or self.joint in _HYPHENS

    @property
    def marked(self) -> bool:
        """Whether a sign or word before it marks it as a number in an id: "#", "Nr."."""
        return self.joint.strip(_BLANKS) != ""


def is_padded(digits: str) -> bool:
    """A zero-padded whole number ("001", "03"): never a quantity, always part of an id."""
    return len(digits) > 1 and digits[0] == "0" and digits.isdecimal()


def is_tag_word(word: str) -> bool:
    """Whether a word may begin a tag: a few capital letters."""
    return len(word) <= _TAG_LENGTH and word.isupper()


def is_tag_letter(letter: str) -> bool:
    """Whether a letter glued to a device's number belongs to it: "101A", but not "101W"."""
    return letter in _TAG_LETTERS or not is_unit(letter)


def unit_follows(text: str, end: int) -> bool:
    """Whether a number that ends at `text[end]` has a unit."""
    if text[end : end + 1] >= CLOSED_UP:
        return unspaced_unit(text, end) != ""
    follower, _ = follower_at(text, end)
    return follower not in active_vocabulary().followers and is_unit(follower)


def site_tags(tags: re.Pattern[str], text: str) -> list[EquipmentId]:
    """The tags of a text that the site's file describes."""
    return [_whole(match) for match in tags.finditer(text)]


def code_around(text: str, start: int, end: int, reached: int) -> EquipmentId | None:
    """The tag of several parts that the number `text[start:end]` belongs to.

    It begins at `reached` or after.
    """
    if not (_is_capital(text[end : end + 1]) or (start and _is_capital(text[start - 1]))):
        return None
    ahead = text[max(reached, start - _CODE_REACH) : start]
    match = _CODE.match(text, start - len(ahead) + len(ahead.rstrip(ascii_uppercase)))
    return None if match is None else _whole(match)


def tagged(text: str, number: PlacedNumber, start: int) -> EquipmentId | None:
    """The id that the capital word at `start` makes with its number; None if it is a quantity."""
    hyphened = number.joint in _HYPHENS
    if not hyphened and (len(number.digits) == 1 or not number.whole):
        return None
    word = folded(text[start : number.stem])
    match = None
    if hyphened or not number.joint:
        match = _TAG_END.match(text, number.end)
    elif len(number.digits) >= _SURE_DIGITS and word not in active_vocabulary().rated:
        match = _SPACED_END.match(text, number.end)
    letters, more = match.groups() if match else ("", "")
    if (len(letters) == 2 and is_unit(letters)) or not all(map(is_tag_letter, letters)):
        letters = more = ""
    if not (letters or not number.joint or number.joined) and unit_follows(text, number.end):
        return None
    end = number.end + len(letters) + len(more)
    return EquipmentId(word, number.tag + letters + more, start, end)


def _whole(match: re.Match[str]) -> EquipmentId:
    """The id of a whole tag: its first letters are the key, so that "P-101" and "P101" are one."""
    parts = _FIRST_PART.fullmatch(match[0].replace(" ", ""))
    key, tag = parts.groups() if parts else ("", match[0])
    return EquipmentId(key.lower(), tag.lstrip("0") or "0", *match.span())


def _is_capital(character: str) -> bool:
    return "A" <= character <= "Z"
