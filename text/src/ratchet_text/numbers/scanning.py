"""Finds the numbers of a text."""

import re
from collections.abc import Collection
from itertools import islice
from operator import attrgetter

from ratchet_text.equipment import MATERIALS, IdReader, lead_of
from ratchet_text.followers import CLOSED_UP, follower_at, unit_of
from ratchet_text.numbers.canonical import canonical, is_plain
from ratchet_text.numbers.han import han_numbers
from ratchet_text.numbers.mention import NumberedText, NumberMention
from ratchet_text.numbers.numerals import word_numbers
from ratchet_text.numbers.patterns import EVERY, PLAIN
from ratchet_text.tables import table
from ratchet_text.units import is_unit

_WORDS = table("numbers/words")
_KILO = "k"
_ABBREVIATED = frozenset(("Mio", "mio", "Mrd", "Tsd", "tsd"))
_SCALES: dict[str, int] = {_KILO: 1000} | {
    form: scale for word, scale in _WORDS["scales"].items() for form in (word, word.capitalize())
}
_ORDINALS = frozenset(_WORDS["ordinals"])
_BEFORE_ORDINALS = frozenset(("^", *_WORDS["cjk_ordinals"]))
_OTHER_SCRIPTS = "\u0530"
_PARTING = frozenset(" _/\u202f")
_JOINING = frozenset(" -\u202f")
_NO_LEADING_POINT = frozenset(".)]%\"'")
_LONGEST_WHOLE = 3
_SPOKEN_POINTS = ("point ", "Point ", "komma ", "Komma ")
_OTHER_TOKENS = frozenset((_KILO, *_SCALES, *_ORDINALS))
_AFTER_PLAIN = frozenset(("", " ", ".", ",", ";", ":", "%", ")", "°"))
_HEAD = re.compile(r"[0-9]++(?:[.,:][0-9]++)*+")


def number_mentions(
    text: str, words: Collection[str] | None = None, most: int | None = None
) -> list[NumberMention]:
    """All numbers of a text in order, in linear time.

    `words` are the words of the text in lower case, from a caller that has them anyway. With
    `most`, only the first `most` numbers in digits, in words and in Chinese numerals are read.
    """
    plain = is_plain(text)
    if not plain:
        text = canonical(text)
    page = NumberedText(text)
    spelled = word_numbers(text, words, most)
    if not plain:
        spelled += han_numbers(text, most)
    mentions: list[NumberMention] = []
    if spelled:
        mentions += [
            NumberMention(
                page,
                one.start,
                one.end,
                one.follower,
                False,
                one.device and one.device[:2],
                one.readings,
            )
            for one in spelled
        ]
        spelled.sort(key=attrgetter("start"), reverse=True)
    reader = IdReader(text)
    quantity_leads, ordinal_starts = reader.quantity_leads, reader.ordinal_starts
    for match in islice((PLAIN if plain else EVERY).finditer(text), most):
        start = match.start()
        while spelled and spelled[-1].end <= start:
            spelled.pop()
        if spelled and spelled[-1].start <= start:
            continue
        notation, token = match.groups("")
        end = start + len(notation)
        lead = ""
        if (
            text[start - 1] == " "
            and notation[0] != "0"
            and token < CLOSED_UP
            and token not in _OTHER_TOKENS
            and notation not in MATERIALS
            and text[end : end + 1] in _AFTER_PLAIN
            and text[end + 1 : end + 2] not in ordinal_starts
        ):
            lead = lead_of(text, start)
            if lead in quantity_leads:
                mentions.append(NumberMention(page, start, end, token, False))
                continue
        head_end = end if notation.isdecimal() else start + _end_of_head(notation)
        one = reader.id_of(start, head_end, lead)
        if one is not None:
            if one.end >= end or text[one.end] not in _PARTING:
                mentions.append(NumberMention(page, start, end, token, one.designation, one[:2]))
                continue
            mentions.append(NumberMention(page, start, one.end, "", one.designation, one[:2]))
            start = one.end + 1
            if text.startswith(_SPOKEN_POINTS, start):
                start = text.index(" ", start) + 1
        mentions.append(_quantity(page, start, end, token, match.start(2)))
    if mentions and mentions[0].spelled:
        mentions.sort(key=attrgetter("start"))
    return _with_mixed_fractions(mentions) if "/" in text else mentions


def _end_of_head(notation: str) -> int:
    """The length of the digits at the start, with their marks: "12" in "12 450"."""
    match = _HEAD.match(notation)
    return match.end() if match else len(notation)


def _quantity(
    page: NumberedText, start: int, end: int, token: str, token_start: int
) -> NumberMention:
    """The mention of a number that is not part of an id; `token` follows it."""
    text = page.text
    before = text[start - 1] if start else " "
    glued = text[start:end] in MATERIALS and not is_unit(token)
    if before in ".," and text[start].isdecimal():
        ahead = text[start - 2] if start > 1 else " "
        closed = ahead.isalnum() or ahead in _NO_LEADING_POINT
        start -= ahead.isspace() if before == "," else not closed
    elif before == "%" and not is_unit(token):
        token = before
    elif before != " ":
        glued |= (before.isalpha() and before < _OTHER_SCRIPTS) or before in _BEFORE_ORDINALS
    if token_start == end:
        glued = glued or token in _ORDINALS
    elif token == _KILO:
        return NumberMention(page, start, end, token, glued)
    if token >= CLOSED_UP:
        token = unit_of(text, token, token_start)
    scale = _SCALES.get(token, 1)
    if scale > 1:
        scale_end = token_start + len(token)
        scale_end += token in _ABBREVIATED and text.startswith(".", scale_end)
        token, _ = follower_at(text, scale_end)
        return NumberMention(page, start, end, token, glued, scale=scale)
    return NumberMention(page, start, end, token, glued)


def _with_mixed_fractions(mentions: list[NumberMention]) -> list[NumberMention]:
    """The mentions with one number for "2 1/2"."""
    joined: list[NumberMention] = []
    for mention in mentions:
        if joined and _is_mixed(joined[-1], mention):
            joined[-1] = mention._replace(start=joined[-1].start)
        else:
            joined.append(mention)
    return joined


def _is_mixed(whole: NumberMention, fraction: NumberMention) -> bool:
    text = whole.page.text
    return (
        whole.identity is None
        and whole.end == fraction.start - 1
        and whole.end - whole.start <= _LONGEST_WHOLE
        and text[whole.start : whole.end].isdecimal()
        and text[whole.end] in _JOINING
        and "/" in text[fraction.start : fraction.end]
    )
