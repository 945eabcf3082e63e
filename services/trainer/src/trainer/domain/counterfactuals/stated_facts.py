"""Finds the facts that an answer states: numbers that are readings, and names of devices."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ratchet_text import NumberMention, number_mentions
from ratchet_truth import JudgedSituation, RequestedReading
from ratchet_truth.vocabulary.devices import NamedDevice, named_devices
from ratchet_truth.vocabulary.tokens import tokens_in
from ratchet_truth.vocabulary.units import Unit, unit_at
from trainer.domain.counterfactuals.facts import Place
from trainer.domain.counterfactuals.notation import Notation, notation_of

_NUMBER = re.compile(r"[0-9]+")


class StatedReading(NamedTuple):
    """A reading that a number states, exactly or rounded, in a notation; its unit ends at `end`."""

    reading: RequestedReading
    is_exact: bool
    notation: Notation
    unit: Unit | None
    end: int


def stated_readings(
    text: str, situation: JudgedSituation
) -> Iterator[tuple[NumberMention, StatedReading | None]]:
    """The numbers of a text that are part of no name, each with the reading that it states."""
    for mention in number_mentions(text):
        if mention.identity is None and not mention.glued:
            yield mention, _stated(text, mention, situation)


def name_spans(text: str, situation: JudgedSituation) -> list[tuple[Place, NamedDevice]]:
    """Where a text names a device of the situation, the words before its kind included.

    A name with an id in parentheses, such as "chiller 1 (CH-001)", is one.
    """
    found: list[tuple[Place, NamedDevice]] = []
    for one in named_devices(text, tokens_in(text), situation.devices):
        if one.device < 0:
            continue
        name = situation.devices[one.device].name
        head = words_before_number(name)
        said = words_before_number(text[one.start : one.end])
        before = head.removesuffix(said) if said and head.endswith(said) else ""
        first = one.start - len(before)
        whole = before and first >= 0 and text[first : one.start].lower() == before
        place = Place(first if whole else one.start, one.end)
        if found and found[-1][1].device == one.device and text[one.end : one.end + 1] == ")":
            earlier = found[-1][0]
            if text[earlier.end : one.start].strip() == "(":
                found[-1] = (Place(earlier.start, one.end + 1), found[-1][1])
                continue
        found.append((place, one))
    return found


def words_before_number(name: str) -> str:
    """The words of a name before its number, in lower case."""
    return _NUMBER.split(name)[0].rstrip(" -_#").lower()


def _stated(text: str, mention: NumberMention, situation: JudgedSituation) -> StatedReading | None:
    """The reading that a number states in its own unit, exactly or rounded to fewer decimals."""
    if mention.spelled or mention.scale > 1:
        return None
    unit, end = unit_at(text, mention.end)
    rows = [row for row in situation.rows if unit is None or row.unit == unit]
    written = text[mention.start : mention.end]
    for reading in mention.readings():
        if len(reading) != 1:
            continue
        shown = reading[0]
        for exact in (True, False):
            for row in rows:
                near = row.value if exact else round(row.value, max(0, shown.decimals))
                notation = notation_of(written, abs(near))
                same_sign = (shown.value < 0) == (row.value < 0)
                if notation is not None and same_sign and abs(near) == abs(shown.value):
                    source = row.source
                    found = RequestedReading(
                        source.equipment, source.metric, source.value, source.unit
                    )
                    return StatedReading(found, exact, notation, unit, end)
    return None
