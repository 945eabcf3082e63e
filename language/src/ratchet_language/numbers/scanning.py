"""Finds the numbers of a text."""

from operator import attrgetter
from typing import Protocol, TypeVar

from ratchet_language.equipment import equipment_ids
from ratchet_language.numbers.canonical import canonical, is_plain
from ratchet_language.numbers.han import han_numbers
from ratchet_language.numbers.mention import NumberMention, Page
from ratchet_language.numbers.patterns import CLOSED_UP, EVERY, PLAIN, follower_at, unit_of
from ratchet_language.numbers.words import word_numbers
from ratchet_language.tables import table
from ratchet_language.units import is_unit

_WORDS = table("numbers/words")
_SCALES: dict[str, int] = {
    form: scale for word, scale in _WORDS["scales"].items() for form in (word, word.capitalize())
} | {"k": 1000}
_KILO = "k"
_ORDINALS = frozenset(_WORDS["ordinals"])
_BEFORE_ORDINALS = frozenset(("^", *_WORDS["cjk_ordinals"]))
_OTHER_SCRIPTS = "\u0530"
_JOINING = frozenset(" -\u202f")
_PARTING = frozenset(" _/\u202f")
_NO_LEADING = frozenset(".)]%\"'")
_LONGEST_WHOLE = 3


class _Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


_S = TypeVar("_S", bound=_Span)


def number_mentions(text: str) -> list[NumberMention]:
    """All numbers of a text in order, in linear time."""
    plain = is_plain(text)
    if not plain:
        text = canonical(text)
    page = Page(text)
    ids = equipment_ids(text)[::-1]
    spelled = word_numbers(text)
    if not plain:
        spelled += han_numbers(text)
    mentions = [
        NumberMention(page, one.start, one.end, one.follower, False, one.identity, one.readings)
        for one in spelled
    ]
    spelled.sort(key=attrgetter("start"), reverse=True)
    for match in (PLAIN if plain else EVERY).finditer(text):
        start, end = match.span(1)
        if spelled and _covering(spelled, start) is not None:
            continue
        follower = match[2] or ""
        if ids:
            one = _covering(ids, start)
            if one is not None:
                identity = one.key, one.tag
                if one.end >= end or text[one.end] not in _PARTING:
                    mentions.append(NumberMention(page, start, end, follower, False, identity))
                    continue
                mentions.append(NumberMention(page, start, one.end, "", False, identity))
                start = one.end + 1
        mentions.append(_quantity(page, start, end, follower, match.start(2)))
        if mentions[-1].start == start and "/" in match[1]:
            _join_whole(mentions)
    if spelled:
        mentions.sort(key=attrgetter("start"))
    return mentions


def _covering(spans: list[_S], start: int) -> _S | None:
    """The span around `start`; `spans` are in reverse order, and those before it are removed."""
    while spans and spans[-1].end <= start:
        spans.pop()
    return spans[-1] if spans and spans[-1].start <= start else None


def _quantity(page: Page, start: int, end: int, token: str, token_start: int) -> NumberMention:
    text = page.text
    before = text[start - 1 : start] if start else ""
    glued = (before.isalpha() and before < _OTHER_SCRIPTS) or before in _BEFORE_ORDINALS
    scale = 1
    if token:
        if token >= CLOSED_UP:
            token = unit_of(text, token, token_start)
        elif token_start == end and token in _ORDINALS:
            glued = True
        if token in _SCALES and (token != _KILO or token_start == end):
            scale = _SCALES[token]
            token, _ = follower_at(text, token_start + len(token))
    if before == ".":
        ahead = text[start - 2] if start > 1 else " "
        start -= not (ahead.isalnum() or ahead in _NO_LEADING)
    elif before == "%" and not is_unit(token):
        token = before
    return NumberMention(page, start, end, token, glued, None, (), scale)


def _join_whole(mentions: list[NumberMention]) -> None:
    """Make one number of "2 1/2"."""
    if len(mentions) < 2:
        return
    whole, fraction = mentions[-2:]
    text = fraction.page.text
    if (
        whole.identity is None
        and whole.end == fraction.start - 1
        and whole.end - whole.start <= _LONGEST_WHOLE
        and text[whole.start : whole.end].isdecimal()
        and text[whole.end] in _JOINING
    ):
        mentions[-2:] = [fraction._replace(start=whole.start)]
