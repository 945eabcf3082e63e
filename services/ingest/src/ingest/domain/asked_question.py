"""The question inside a prompt, for examples that come with their prompt and nothing else."""

import re
from collections.abc import Iterator, Sequence
from math import isfinite

from ratchet.contract import Question, Reading
from ratchet.measures import (
    ANSWERED,
    ASKED,
    READINGS,
    NumberMention,
    device_type,
    normalised,
    number_mentions,
    phrasing_of,
    question_key,
)

_ASKED = re.compile(rf"^[ \t]*{ASKED}", re.MULTILINE)
_MOST_READINGS = 50


def question_in(prompt: str) -> Question:
    """Describe the question of `prompt`: what follows the last "User question:", else all of it.

    Two prompts of the same words and readings have the same key. `asked` is known where the
    readings are given as `ratchet.measures.prompts` writes them, and the question names the
    equipment and the metric of one of them alone.
    """
    text = asked_text(prompt)
    asked = _asked(text, list(_readings(prompt)))
    devices = [asked.equipment] if asked else named_equipment(text)
    metric = asked.metric if asked else ""
    return Question(
        key=question_key([normalised(prompt)]),
        text=text,
        intent="query",
        device_type=device_type(devices[0]) if devices else "",
        phrasing=phrasing_of(text, (*devices, metric)),
        asked=asked,
    )


def asked_text(prompt: str) -> str:
    """The words of the question alone."""
    start = 0
    for marker in _ASKED.finditer(prompt):
        start = marker.end()
    text = prompt[start:].strip()
    return text.removesuffix(ANSWERED).rstrip() if start else text


def named_equipment(text: str) -> list[str]:
    """Every piece of equipment `text` names, as "pump 1", each once and in order."""
    return list(dict.fromkeys(" ".join(found) for _, found in _identities(text)))


def _identities(text: str) -> Iterator[tuple[NumberMention, tuple[str, str]]]:
    for mention in number_mentions(text):
        if mention.identity is not None:
            yield mention, mention.identity


def _asked(text: str, readings: Sequence[Reading]) -> Reading | None:
    """The one reading that `text` names; "power" is not named within "average power"."""
    words = f" {normalised(text)} "
    named = [r for r in readings if _within(r.equipment, words) and _within(r.metric, words)]
    whole = [
        reading
        for reading in named
        if not any(
            other.equipment == reading.equipment
            and len(other.metric) > len(reading.metric)
            and _within(reading.metric, f" {normalised(other.metric)} ")
            for other in named
        )
    ]
    return whole[0] if len(whole) == 1 else None


def _within(name: str, words: str) -> bool:
    return f" {normalised(name)} " in words


def _readings(prompt: str) -> Iterator[Reading]:
    """The readings of the last block of them, at most `_MOST_READINGS`."""
    block = prompt.rpartition(f"{READINGS}\n")[2].splitlines()
    for line in block[:_MOST_READINGS]:
        if not line.startswith("- "):
            return
        name, _, measured = line[2:].rpartition(": ")
        value, _, unit = measured.partition(" ")
        metric_from = next((m.start + len(m.digits) for m, _ in _identities(name)), 0)
        equipment, metric = name[:metric_from].strip(), name[metric_from:].strip()
        number = _number(value)
        if equipment and metric and number is not None:
            yield Reading(equipment=equipment, metric=metric, value=number, unit=unit.strip())


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
