"""The numbers of an answer with their units."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ratchet_text import NumberMention, Reading, Shown, is_percent, is_unit, number_mentions
from ratchet_truth.vocabulary.devices import NamedDevice
from ratchet_truth.vocabulary.phrases import count_of
from ratchet_truth.vocabulary.tokens import WordToken
from ratchet_truth.vocabulary.units import Unit, kind_of, unit_at, unit_of

_GARBLED = re.compile(r" ?([A-Za-zµ]{1,4}[0-9²³]?/[A-Za-z]{1,4})(?![^\W_])")
"""The form of a unit, for one that is none ("m8/h")."""
_SCALE = re.compile(r"\s*[^\W\d_]+\.?")
_PERCENT_REACH = 16
_KIND_REACH = 4
_CELSIUS_BEFORE = ("摄氏", "攝氏")
_ROUNDED_AFTER = "左右"


class SaidNumber(NamedTuple):
    """A number of an answer at `text[start:end]`, its unit included.

    `readings` are its possible values; `rounded` after a word such as "about".
    """

    start: int
    end: int
    readings: tuple[Reading, ...]
    unit: Unit | None
    rounded: bool = False

    @property
    def values(self) -> tuple[Shown, ...]:
        """The single values that it may show; none for a date, a time or a list."""
        return tuple(reading[0] for reading in self.readings if len(reading) == 1)

    @property
    def is_share(self) -> bool:
        return self.unit is not None and self.unit.dimension == "share"


def said_numbers(text: str, devices: Sequence[NamedDevice]) -> Iterator[SaidNumber]:
    """The numbers that are part of no name, in order."""
    for mention in number_mentions(text):
        named = any(one.start <= mention.start < one.end for one in devices)
        if mention.identity is None and not mention.glued and not named:
            unit, end = _unit(text, mention)
            rounded = text[end:].lstrip().startswith(_ROUNDED_AFTER)
            yield SaidNumber(mention.start, end, mention.readings(), unit, rounded)


def said_counts(tokens: Sequence[WordToken]) -> Iterator[SaidNumber]:
    """Small counts in words, such as the alarms of a device."""
    for token in tokens:
        value = count_of(token.text)
        if value is not None:
            yield SaidNumber(token.start, token.end, ((Shown(float(value), 0),),), None)


def _unit(text: str, mention: NumberMention) -> tuple[Unit | None, int]:
    """The unit of a number, and where it ends."""
    end, follower = mention.end, mention.follower
    if mention.scale > 1:
        scale = _SCALE.match(text, end)
        end = scale.end() if scale else end
    ahead = text[end : end + _PERCENT_REACH].lstrip(" *_`-").lower()
    if is_percent(follower) and not ahead.startswith(follower.lower()):
        return unit_of("%"), end
    unit, reached = unit_at(text, end)
    garbled = _GARBLED.match(text, end) if unit is None else None
    if garbled is not None and not is_unit(follower):
        return Unit(garbled[1], ""), garbled.end()
    if unit is None and follower:
        kind, place = kind_of(follower), text.find(follower, end, end + _KIND_REACH)
        return (kind, place + len(follower)) if kind and place >= 0 else (None, end)
    if unit is not None and unit.any and text[: mention.start].rstrip().endswith(_CELSIUS_BEFORE):
        return unit_of("°C"), reached
    return unit, reached
