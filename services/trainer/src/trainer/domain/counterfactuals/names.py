"""Draws new names for the devices of a prompt: other words, other numbers, other tags."""

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random
from string import ascii_uppercase

from ratchet_text import equipment_ids
from trainer.domain.counterfactuals.equipment import EQUIPMENT, Equipment, Language, equipment_of

_NUMBERED = re.compile(r"(.*?[^\W\d_])([ _#-]*)([0-9]+)([A-Z]?)")
_SECOND = re.compile(r"(.*\S) \(([^()]+)\)")
_TAG = re.compile(r"([A-Z]{1,2})([-_ ]?)([0-9]+)(.*)")
_FIRST_LETTERS = "BCEFGHKLMPRTX"
"""Letters that begin tags of equipment, without those that are also units."""
_SECOND_LETTERS = "CDEHKLPRTX"
_TRAINS = "ABCD"
_ANYWHERE = frozenset(("alarms", "noise", "position", ""))
"""Quantities that any equipment may report."""


def head_of(name: str) -> str:
    """The words of a name before its number ("cooling tower"); empty for a tag or another form."""
    match = _NUMBERED.fullmatch(name)
    if match is None or _is_tag(name):
        return ""
    return match[1]


def parts_of_name(name: str) -> tuple[str, ...]:
    """The parts of "chiller 1 (CH-001)", whose id in parentheses is another name; else the name."""
    match = _SECOND.fullmatch(name)
    return (match[1], match[2]) if match else (name,)


def draw_heads(
    rng: Random,
    names: Sequence[str],
    quantities: Collection[str],
    values: Sequence[tuple[float, str]],
    language: Language,
) -> dict[str, Equipment] | None:
    """Another kind of equipment for each head, of the same gender, that reports the quantities.

    None if a head is not known, or if no other reaches all `values` with their units.
    """
    needed = frozenset(quantities) - _ANYWHERE
    drawn: dict[str, Equipment] = {}
    for head in dict.fromkeys(map(head_of, names)):
        known = equipment_of(head, language) if head else None
        if known is None:
            return None
        taken = {head.lower(), known.name.lower(), *(one.name.lower() for one in drawn.values())}
        fitting = [
            one
            for one in EQUIPMENT[language]
            if needed <= one.family.quantities
            and all(one.family.reaches(*value) for value in values)
            and one.gender == known.gender
            and one.name.lower() not in taken
        ]
        if not fitting:
            return None
        drawn[head] = rng.choice(fitting)
    return drawn


def draw_names(
    rng: Random, names: Sequence[str], heads: Mapping[str, Equipment]
) -> dict[str, str] | None:
    """A new name for each device, all different; None if one has no number."""
    drawn: dict[str, str] = {}
    for name in names:
        for _ in range(20):
            new = _drawn(rng, name, heads)
            if new is None:
                return None
            if new not in names and new not in drawn.values() and _is_one_device(new, name):
                drawn[name] = new
                break
        else:
            return None
    return drawn


def _drawn(rng: Random, name: str, heads: Mapping[str, Equipment]) -> str | None:
    tag = next(iter(equipment_ids(name)), None)
    if tag is None:
        return None
    first, *second = parts_of_name(name)
    if second:
        drawn = [_drawn(rng, first, heads), _drawn(rng, second[0], heads)]
        return None if None in drawn else f"{drawn[0]} ({drawn[1]})"
    if _is_tag(name):
        return name[: tag.start] + _other_tag(rng, name[tag.start : tag.end]) + name[tag.end :]
    match = _NUMBERED.fullmatch(name)
    if match is None:
        return None
    head, joint, number, letter = match.groups()
    word = _in_style(heads[head].name, head) if head in heads else head
    train = rng.choice(_TRAINS) if letter else ""
    return word + joint + _other_number(rng, number) + train


def _is_tag(name: str) -> bool:
    """Whether a name is a tag such as "P-101A", behind a word or not."""
    tag = next(iter(equipment_ids(name)), None)
    return tag is not None and not tag.kind and name[tag.start : tag.end].isupper()


def _other_number(rng: Random, number: str) -> str:
    """A number of as many digits; a single digit becomes one below 20."""
    width = len(number)
    if number[0] == "0" and width > 1:
        return f"{rng.randint(1, 10**width - 1):0{width}d}"
    return str(rng.randint(1, 19) if width == 1 else rng.randint(10 ** (width - 1), 10**width - 1))


def _other_tag(rng: Random, tag: str) -> str:
    """A tag of the same form: other digits, and other letters where it has one or two."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return re.sub("[0-9]+", lambda found: _other_number(rng, found[0]), tag)
    letters, joint, number, rest = match.groups()
    new = rng.choice(_FIRST_LETTERS)
    if len(letters) == 2:
        new += rng.choice(_SECOND_LETTERS)
    if len(rest) == 1 and rest in ascii_uppercase:
        rest = rng.choice(_TRAINS)
    return new + joint + _other_number(rng, number) + rest


def _in_style(name: str, head: str) -> str:
    """A name with the capitals of the old one."""
    if head == head.lower():
        return name.lower()
    if head == head.upper():
        return name.upper()
    if all(word[0].isupper() for word in head.split()) and " " in head:
        return name.title()
    return name[0].upper() + name[1:]


def _is_one_device(new: str, old: str) -> bool:
    """Whether a reader finds one id in each part of the new name, as in the old one."""
    found, before = equipment_ids(new), equipment_ids(old)
    same = len(found) == len(before) == len(parts_of_name(old))
    return same and found[-1].end == len(new) - len(old) + before[-1].end
