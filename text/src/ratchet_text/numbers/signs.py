"""The sign of a number: dashes, words such as "minus" and phrases such as "below zero".

A dash with a space after it is a sign, a bullet or a separator. Unless the word before it decides,
both signs are possible.
"""

import re

from ratchet_text.tables import table

_TABLE = table("numbers/signs")
_MINUS = frozenset(_TABLE["minus"])
_BEFORE = tuple(_TABLE["before"])
_STATES = frozenset(_TABLE["states"])
_AROUND = tuple((before, after) for before, after in _TABLE["around"])
_AFTER = re.compile(
    r"(?:[\s-]*+[^\s\d.,;:!?]++){0,3}?[\s-]*+"
    rf"(?:{'|'.join(map(re.escape, sorted(_TABLE['after'], key=len, reverse=True)))})(?![^\W_])"
)
_REACH = 40
_DASHES = ("-", "–")
_MARKS = " \t\u202f\u200e\u200f\u061c"
_CLOSED_UP = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_STATING = (":", "=", "<", ">", "≈", "~", "≤", "≥", "(", "±")

PLUS = (1.0,)
MINUS = (-1.0,)
EITHER = (-1.0, 1.0)
BULLET = (1.0, -1.0)


def signs_of(text: str, start: int, end: int) -> tuple[float, ...]:
    """The possible signs of the number in `text[start:end]`, the most usual one first."""
    before = text[max(0, start - _REACH) : start]
    signs = _from_before(before, text[end : end + 1])
    if signs is PLUS:
        after = text[end : end + _REACH].lower()
        if is_below_zero(text, end) or _is_surrounded(before.lower(), after):
            return MINUS
    return signs


def _from_before(before: str, after: str) -> tuple[float, ...]:
    stem = before.rstrip(_MARKS)
    if stem.endswith(_DASHES):
        return _dash(stem[:-1], spaced=before[-1] in " \t\u202f", en_dash=stem[-1] == "–")
    if before[-1:] == "(" and after == ")":
        return BULLET
    stem = stem.rstrip(":")
    lowered = stem.lower()
    if lowered.endswith(_BEFORE) or _last_word(lowered) in _MINUS:
        return MINUS
    return PLUS


def _dash(ahead: str, *, spaced: bool, en_dash: bool) -> tuple[float, ...]:
    ahead = ahead.rstrip("\u200e\u200f\u061c")
    stem = ahead.rstrip(" \t\u202f")
    last = stem[-1:]
    if ahead.endswith(("+/", "+")):
        return PLUS
    if not spaced:
        if ahead == stem and _CLOSED_UP.match(last):
            return EITHER
        joined = ahead == stem and (last.isalnum() or last in "%°‰" or not last.isprintable())
        return PLUS if last and joined and not stem.endswith("\n") else MINUS
    if not last or last == "\n":
        return BULLET
    if ahead == stem and last not in _STATING:
        return PLUS
    if last.isdigit() or last in "%°‰)":
        return PLUS
    if last in _STATING or _last_word(stem.lower()) in _STATES:
        return MINUS
    return BULLET if en_dash else EITHER


def _last_word(lowered: str) -> str:
    return lowered.rsplit(None, 1)[-1].lstrip("(\"'*_") if lowered.strip() else ""


def is_below_zero(text: str, end: int) -> bool:
    """Whether a phrase such as "below zero" follows at `end`, after a unit or at once."""
    return _AFTER.match(text[end : end + _REACH].lower()) is not None


def _is_surrounded(before: str, after: str) -> bool:
    return any(first in before and second in after for first, second in _AROUND)
