"""Which question an answer answers, in each aspect: only answers to the same one are compared."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Literal

from ratchet.events.base import Aspect
from ratchet.events.example import Question, Reading
from reward.domain.answer import Answer

Scope = Literal["question", "intent"]
_WORD = re.compile(r"[^\W\d_]+|\d+")
_DEVICE_TYPE = re.compile(r"[^\W\d_]+(?:[-_ ][^\W\d_]+)*")


def question_keys(answer: Answer, scope: Scope) -> dict[Aspect, str]:
    """A key per aspect; answers with equal keys may be compared with each other.

    In scope `question` the key is its words, intent type and devices, and for the voice the
    readings too: with other readings a right answer becomes a wrong one. In scope `intent` it
    is intent type, device type and characteristic. Empty where the transcript has no words.
    """
    words = _words(answer.transcript)
    if not words:
        return {}
    devices = sorted(device.casefold() for device in answer.devices)
    if scope == "intent":
        kind = device_type(devices[0]) if devices else ""
        key = _hash([answer.intent, kind, answer.characteristic])
        return {"voice": key, "widget": key}
    asked: list[object] = [answer.intent, words, devices]
    readings = [[r.equipment, r.metric, r.value, r.unit] for r in answer.readings]
    return {"voice": _hash([*asked, readings]), "widget": _hash(asked)}


def question_of(answer: Answer, key: str) -> Question:
    """Describe the question that `answer` answers, under one of its keys."""
    words = _words(answer.transcript)
    devices = sorted(device.casefold() for device in answer.devices)
    return Question(
        key=key,
        text=answer.transcript,
        intent=answer.intent,
        device_type=device_type(devices[0]) if devices else "",
        characteristic=answer.characteristic,
        phrasing=_phrasing(words, devices, answer.metric),
        asked=_asked(answer.readings, devices, answer.metric),
    )


def normalised(text: str) -> str:
    """Words and numbers alone, in lower case."""
    return " ".join(_words(text))


def device_type(device: str) -> str:
    """ "pump-001" and "Pump 2" are both "pump"."""
    match = _DEVICE_TYPE.match(device)
    return match.group().casefold() if match else ""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _hash(situation: list[object]) -> str:
    return hashlib.sha256(json.dumps(situation).encode()).hexdigest()[:24]


def _asked(readings: Sequence[Reading], devices: Sequence[str], metric: str) -> Reading | None:
    names = {normalised(device) for device in devices}
    for reading in readings:
        if reading.metric == metric and normalised(reading.equipment) in names:
            return reading
    return None


def _phrasing(words: Sequence[str], devices: Sequence[str], metric: str) -> str:
    """The words of the question without its devices, its metric and its numbers."""
    named = {word for device in devices for word in _words(device)}
    named.update(_words(metric))
    return " ".join("_" if word in named or word.isdigit() else word for word in words)
