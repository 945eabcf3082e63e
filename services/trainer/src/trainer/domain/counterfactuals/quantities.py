"""The quantities that a copy may state instead of another, with plausible ranges."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from trainer.domain.counterfactuals.equipment import Language
from trainer.domain.counterfactuals.values import ValueRange


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured quantity: its name, unit and spoken unit, decimals, and range in that unit.

    `quantity` is its meaning in `ratchet_truth`; `gender` is that of a German name.
    """

    quantity: str
    name: str
    unit: str
    spoken: str
    decimals: int
    low: float
    high: float
    gender: str = ""


QUANTITIES: Mapping[Language, tuple[Quantity, ...]] = {
    "en": (
        Quantity("power", "power", "kW", "kilowatts", 1, 8, 320),
        Quantity("energy", "energy", "kWh", "kilowatt-hours", 0, 110, 900),
        Quantity("pressure", "pressure", "bar", "bar", 2, 1.5, 16),
        Quantity("temperature", "temperature", "°C", "degrees Celsius", 1, 18, 95),
        Quantity("vibration", "vibration", "mm/s", "millimeters per second", 2, 0.9, 7),
        Quantity("flow", "flow", "m3/h", "cubic meters per hour", 1, 20, 300),
        Quantity("speed", "speed", "rpm", "rpm", 0, 300, 2950),
        Quantity("current", "current", "A", "amps", 1, 8, 600),
        Quantity("voltage", "voltage", "V", "volts", 0, 360, 440),
        Quantity("humidity", "humidity", "%", "percent", 1, 30, 65),
        Quantity("load", "load", "%", "percent", 1, 20, 65),
        Quantity("level", "level", "%", "percent", 1, 15, 65),
        Quantity("torque", "torque", "Nm", "newton meters", 0, 60, 900),
    ),
    "de": (
        Quantity("power", "Leistung", "kW", "Kilowatt", 1, 8, 320, "f"),
        Quantity("pressure", "Druck", "bar", "bar", 2, 1.5, 16, "m"),
        Quantity("temperature", "Temperatur", "°C", "Grad Celsius", 1, 18, 95, "f"),
        Quantity("vibration", "Vibration", "mm/s", "Millimeter pro Sekunde", 2, 0.9, 7, "f"),
        Quantity("flow", "Durchfluss", "m3/h", "Kubikmeter pro Stunde", 1, 20, 300, "m"),
        Quantity("speed", "Drehzahl", "U/min", "Umdrehungen pro Minute", 0, 300, 2950, "f"),
        Quantity("current", "Strom", "A", "Ampere", 1, 8, 600, "m"),
        Quantity("voltage", "Spannung", "V", "Volt", 0, 360, 440, "f"),
        Quantity("humidity", "Feuchte", "%", "Prozent", 1, 30, 65, "f"),
        Quantity("load", "Auslastung", "%", "Prozent", 1, 20, 65, "f"),
        Quantity("level", "Füllstand", "%", "Prozent", 1, 15, 65, "m"),
        Quantity("torque", "Drehmoment", "Nm", "Newtonmeter", 0, 60, 900, "n"),
    ),
}

_HIGHEST: Mapping[str, float] = {"%": 100, "rpm": 3600, "U/min": 3600}
"""The greatest usual value of a unit."""
_STEADY = frozenset(("voltage", "frequency", "efficiency"))
"""Quantities that a plant keeps near their usual value."""


def factors_of(quantity: str) -> ValueRange:
    """By how much the values of a copy may differ from those of its origin."""
    return ValueRange(0.92, 1.08) if quantity in _STEADY else ValueRange(0.55, 1.7)


def highest_of(unit: str) -> float:
    return _HIGHEST.get(unit, inf)


def quantity_named(word: str, language: Language) -> Quantity | None:
    """The quantity with this name, whatever its case."""
    return next((q for q in QUANTITIES[language] if q.name.lower() == word.lower()), None)
