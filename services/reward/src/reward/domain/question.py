"""Which question an answer answers: the same words, intent, devices and readings."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ratchet.events.example import Question, Reading
from ratchet.events.experience import Experience

_WORD = re.compile(r"[a-z]+|\d+")
_DEVICE_TYPE = re.compile(r"[a-z]+(?:[-_ ][a-z]+)*", re.IGNORECASE)
_MAX_READINGS = 50


def question_of(experience: Experience) -> Question:
    """Identify the question; experiences with equal keys may be compared with each other."""
    intent = experience.parsed_intent
    words = _WORD.findall(experience.transcript.lower())
    devices = sorted(device.lower() for device in intent.devices)
    readings = readings_of(experience.available_data_summary)
    situation = json.dumps(
        [words, intent.type, devices, [reading.model_dump() for reading in readings]]
    )
    return Question(
        key=hashlib.sha256(situation.encode()).hexdigest()[:24],
        text=experience.transcript,
        intent=intent.type,
        device_type=device_type(devices[0]) if devices else "",
        characteristic=intent.primary_characteristic or "",
        phrasing=_phrasing(words, devices, intent.entities.get("metric")),
        asked=_asked(readings, devices, intent.entities.get("metric")),
    )


def readings_of(summary: Mapping[str, Any]) -> tuple[Reading, ...]:
    """The readings among the data the answer could draw on; what is no reading is left out."""
    rows = summary.get("readings")
    found: list[Reading] = []
    for row in rows[:_MAX_READINGS] if isinstance(rows, list) else ():
        try:
            found.append(Reading.model_validate(row))
        except ValidationError:
            continue
    return tuple(found)


def device_type(device: str) -> str:
    """ "pump-001" and "Pump 2" are both "pump"."""
    match = _DEVICE_TYPE.match(device)
    return match.group().lower() if match else ""


def _asked(readings: Sequence[Reading], devices: Sequence[str], metric: object) -> Reading | None:
    names = {" ".join(_WORD.findall(device)) for device in devices}
    for reading in readings:
        equipment = " ".join(_WORD.findall(reading.equipment.lower()))
        if equipment in names and reading.metric == metric:
            return reading
    return None


def _phrasing(words: Sequence[str], devices: Sequence[str], metric: object) -> str:
    """The words of the question without its devices, its metric and its numbers."""
    named = {word for device in devices for word in _WORD.findall(device)}
    named |= set(_WORD.findall(str(metric or "").lower()))
    return " ".join("_" if word in named or word.isdigit() else word for word in words)
