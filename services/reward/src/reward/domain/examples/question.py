"""Identifies the question of an answer: only answers to the same question are compared."""

from collections.abc import Mapping, Sequence
from typing import Literal

from ratchet.contract import Aspect, ChatMessage, Question, Reading
from ratchet_text import (
    composed,
    device_type,
    folded,
    normalized,
    phrasing_of,
    question_key,
    question_words,
)
from reward.domain.answers.recorded_answer import RecordedAnswer

Scope = Literal["question", "intent"]


Served = Mapping[Aspect, tuple[ChatMessage, ...]]
"""The messages that an answer was given to, by aspect."""


def question_keys(
    answer: RecordedAnswer, scope: Scope, served: Served | None = None
) -> dict[Aspect, str]:
    """A key per aspect; answers with equal keys may be compared with each other.

    In scope `question` the key is made of words, intent type and devices, and for the voice of the
    readings too: with other readings a right answer becomes a wrong one. In scope `intent` it is
    made of intent type, device type and characteristic. An aspect with `served` messages has a key
    of them. Empty if the transcript has no words.
    """
    words = question_words(answer.transcript)
    if not words:
        return {}
    captured = {aspect: _served_key(messages) for aspect, messages in (served or {}).items()}
    return {**_made_up_keys(answer, words, scope), **captured}


def _served_key(messages: Sequence[ChatMessage]) -> str:
    return question_key(["served", *([one.role, one.content] for one in messages)])


def _made_up_keys(answer: RecordedAnswer, words: list[str], scope: Scope) -> dict[Aspect, str]:
    devices = sorted(map(folded, answer.devices))
    if scope == "intent":
        kind = device_type(devices[0]) if devices else ""
        key = question_key([answer.intent, kind, answer.characteristic])
        return {"voice": key, "widget": key}
    content: list[object] = [answer.intent, words, devices]
    readings = [
        [composed(r.equipment), composed(r.metric), r.value, composed(r.unit)]
        for r in answer.readings
    ]
    return {"voice": question_key([*content, readings]), "widget": question_key(content)}


def question_of(answer: RecordedAnswer, key: str) -> Question:
    """Describe the question that `answer` answers, under one of its keys."""
    devices = sorted(map(folded, answer.devices))
    return Question(
        key=key,
        text=answer.transcript,
        intent=answer.intent,
        device_type=device_type(devices[0]) if devices else "",
        characteristic=answer.characteristic,
        phrasing=phrasing_of(answer.transcript, (*devices, answer.metric)),
        asked=_requested_reading(answer.readings, devices, answer.metric),
    )


def _requested_reading(
    readings: Sequence[Reading], devices: Sequence[str], metric: str
) -> Reading | None:
    names = {normalized(device) for device in devices}
    for reading in readings:
        if composed(reading.metric) == composed(metric) and normalized(reading.equipment) in names:
            return reading
    return None
