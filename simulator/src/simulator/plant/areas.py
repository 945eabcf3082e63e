"""The areas with their own kinds of equipment, and metrics with ranges."""

from dataclasses import dataclass

Ranges = dict[str, tuple[float, float]]
"""The plausible (low, high) range of every metric that a kind of equipment reports."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured quantity: its unit, the ways to write it, decimals, and its characteristic."""

    name: str
    unit: str
    decimals: int
    characteristic: str
    spellings: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        return self.spellings or (self.unit,)


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the plant whose kinds of equipment occur nowhere else, nor do its phrasings."""

    name: str
    equipment: dict[str, Ranges]


METRICS = {
    metric.name: metric
    for metric in (
        Metric("power", "kW", 1, "energy"),
        Metric("energy", "kWh", 0, "energy"),
        Metric("pressure", "bar", 2, "health_status"),
        Metric("temperature", "°C", 1, "trend"),
        Metric("vibration", "mm/s", 2, "health_status"),
        Metric("flow", "m3/h", 1, "trend", ("m3/h", "m³/h")),
        Metric("speed", "rpm", 0, "trend", ("rpm", "r/min")),
        Metric("current", "A", 1, "energy"),
        Metric("voltage", "V", 0, "health_status"),
        Metric("humidity", "%", 1, "trend"),
        Metric("load", "%", 1, "comparison"),
    )
}

AREAS = (
    Area(
        "utilities",
        {
            "pump": {
                "power": (18, 75), "pressure": (2.5, 9), "flow": (30, 180), "vibration": (1.2, 6),
                "speed": (1200, 2950),
            },
            "compressor": {
                "power": (55, 250), "pressure": (5.5, 11), "temperature": (60, 105),
                "vibration": (1.5, 7),
            },
            "boiler": {"pressure": (6, 16), "temperature": (140, 195), "flow": (20, 90)},
        },
    ),
    Area(
        "climate",
        {
            "chiller": {
                "power": (80, 320), "temperature": (5, 14), "flow": (60, 220), "load": (28, 65),
            },
            "air handler": {"temperature": (15, 26), "humidity": (32, 65), "speed": (600, 1400)},
            "cooling tower": {"temperature": (22, 36), "flow": (120, 480), "vibration": (1.1, 5)},
        },
    ),
    Area(
        "electrical",
        {
            "transformer": {"load": (25, 65), "temperature": (45, 95), "current": (120, 820)},
            "generator": {
                "power": (150, 900), "voltage": (360, 440), "current": (210, 980),
                "temperature": (62, 98),
            },
            "inverter": {"energy": (140, 900), "voltage": (560, 820), "load": (20, 64)},
        },
    ),
    Area(
        "production",
        {
            "conveyor": {"speed": (60, 240), "current": (8, 60), "vibration": (1.2, 5.5)},
            "extruder": {
                "temperature": (165, 240), "pressure": (60, 220), "energy": (180, 760),
                "speed": (40, 160),
            },
            "mixer": {"power": (12, 90), "speed": (50, 320), "temperature": (28, 82)},
        },
    ),
)  # fmt: skip
