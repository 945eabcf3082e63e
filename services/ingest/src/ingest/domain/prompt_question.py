"""Finds the question inside a prompt, for examples that are imported with their prompt only."""

from collections.abc import Sequence

from ratchet.contract import Question, Reading
from ratchet.measures import READINGS, question_text
from ratchet_text import device_type, normalized, number_mentions, phrasing_of, question_key
from ratchet_truth import readings_in


def question_in(prompt: str) -> Question:
    """The question of `prompt`: the text after the last "User question:", or all of it.

    Prompts with the same words and readings have the same key. `asked` is set if the question names
    the equipment and the metric of exactly one reading of the prompt.
    """
    text = question_text(prompt)
    block = prompt.rpartition(f"{READINGS}\n")[2]
    rows = [Reading.model_validate(row, from_attributes=True) for row in readings_in(block)]
    reading = _requested(text, rows)
    devices = [reading.equipment] if reading else named_equipment(text)
    metric = reading.metric if reading else ""
    return Question(
        key=question_key([normalized(prompt)]),
        text=text,
        intent="query",
        device_type=device_type(devices[0]) if devices else "",
        phrasing=phrasing_of(text, (*devices, metric)),
        asked=reading,
    )


def named_equipment(text: str) -> list[str]:
    """The equipment that `text` names, as "pump 1" in every language, each once and in order."""
    named = (mention.identity for mention in number_mentions(text) if not mention.glued)
    return list(dict.fromkeys(" ".join(filter(None, one)) for one in named if one))


def _requested(text: str, readings: Sequence[Reading]) -> Reading | None:
    """The one reading that `text` names; "average power" does not name "power"."""
    words = f" {normalized(text)} "
    named = [r for r in readings if _within(r.equipment, words) and _within(r.metric, words)]
    whole = [
        reading
        for reading in named
        if not any(
            other.equipment == reading.equipment
            and len(other.metric) > len(reading.metric)
            and _within(reading.metric, f" {normalized(other.metric)} ")
            for other in named
        )
    ]
    return whole[0] if len(whole) == 1 else None


def _within(name: str, words: str) -> bool:
    return f" {normalized(name)} " in words
