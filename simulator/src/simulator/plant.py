"""The plant: areas with their own equipment types and phrasings, and metrics with ranges."""

from dataclasses import dataclass

Ranges = dict[str, tuple[float, float]]
"""The plausible (low, high) range of every metric that a kind of equipment reports."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured quantity: displayed and spoken unit, decimals, and its characteristic."""

    name: str
    unit: str
    spoken: str
    decimals: int
    characteristic: str


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the plant whose kinds of equipment and phrasings occur nowhere else."""

    name: str
    equipment: dict[str, Ranges]
    phrasings: tuple[str, ...]


METRICS = {
    metric.name: metric
    for metric in (
        Metric("power", "kW", "kilowatts", 1, "energy"),
        Metric("energy", "kWh", "kilowatt-hours", 0, "energy"),
        Metric("pressure", "bar", "bar", 2, "health_status"),
        Metric("temperature", "°C", "degrees Celsius", 1, "trend"),
        Metric("vibration", "mm/s", "millimeters per second", 2, "health_status"),
        Metric("flow", "m3/h", "cubic meters per hour", 1, "trend"),
        Metric("speed", "rpm", "rpm", 0, "trend"),
        Metric("current", "A", "amps", 1, "energy"),
        Metric("voltage", "V", "volts", 0, "health_status"),
        Metric("humidity", "%", "percent", 1, "trend"),
        Metric("load", "%", "percent", 1, "comparison"),
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
        (
            "What is the {metric} of {equipment}?",
            "What {metric} does {equipment} have right now?",
            "Tell me the {metric} of {equipment}.",
            "Is the {metric} of {equipment} in range?",
        ),
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
        (
            "Give me the latest {metric} for {equipment}.",
            "Check {equipment} and report its {metric}.",
            "Where does {equipment} stand on {metric}?",
            "For {equipment}, how is {metric} doing this hour?",
        ),
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
        (
            "Read out {metric} on {equipment}, please.",
            "I need the {metric} reading from {equipment}.",
            "{equipment} {metric}, what do we have?",
            "Could you show {metric} at {equipment}?",
        ),
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
        (
            "How high is the {metric} on {equipment}?",
            "Any issue with {metric} at {equipment} today?",
            "Can you look up {metric} for line unit {equipment}?",
            "Has {metric} moved on {equipment} since the shift began?",
        ),
    ),
)  # fmt: skip
