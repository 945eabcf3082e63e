"""Generates the questions of a plant's stored history: few phrasings, many numbered devices."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrasing of a question, with good answers and the fitting scenarios, best first.

    Answers name `{name}`, `{other}`, two close values `{a}` and `{b}`, and percent or hours `{p}`.
    """

    phrasing: str
    domain: str
    characteristic: str
    fitting: tuple[str, ...]
    answers: tuple[str, ...]
    time: str | None = None


@dataclass(frozen=True, slots=True)
class LegacyQuestion:
    """A topic for one device, or for two if its phrasing compares."""

    topic: Topic
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """The transcript, determined by topic and devices."""
        return self.topic.phrasing.format(name=self.names[0], other=self.names[-1])

    @property
    def devices(self) -> list[str]:
        """The devices as the intent parser writes them: `cooling-tower-004`."""
        return [name.replace(" ", "-") for name in self.names]


_TOPICS = (
    Topic(
        "What power does {name} draw", "industrial", "energy", ("kpi", "trend", "comparison"),
        (
            "{name} draws {a} kilowatts, {p} percent below its usual {b} kilowatts.",
            "{name} is at {a} kW right now. Its average today is {b} kW.",
        ),
    ),
    Topic(
        "Plot the temperature of {name}", "industrial", "trend",
        ("trend", "trend-multi-line", "kpi"),
        (
            "{name} is at {a} degrees Celsius after {p} hours of steady running. The limit is 95.",
            "{name} stands at {a} °C. It rose from {b} °C over {p} hours.",
        ),
    ),
    Topic(
        "How is {name} doing", "industrial", "health_status", ("edgedevicepanel", "kpi", "alerts"),
        (
            "{name} is healthy: {a} degrees Celsius and {p} percent load. No alarm is open.",
            "{name} has run for {p} hours at {a} °C. Its service is due in {b} hours.",
        ),
    ),
    Topic(
        "Energy used by {name} today", "industrial", "energy",
        ("trends-cumulative", "kpi", "category-bar"),
        (
            "{name} has used {a} kWh today. Yesterday it took {b} kWh by this time.",
            "{name} stands at {a} kilowatt-hours since midnight, {p} percent above plan.",
        ),
        time="today",
    ),
    Topic(
        "Are there alarms on {name}", "alerts", "alerts", ("alerts", "eventlogstream", "timeline"),
        (
            "{name} has one alarm: {a} °C against a limit of {b} °C. It came {p} minutes ago.",
            "{name} has no active alarm. The last one cleared {p} hours ago.",
        ),
    ),
    Topic(
        "Is the vibration of {name} normal", "industrial", "health_status",
        ("trend", "kpi", "alerts"),
        (
            "{name} vibrates at {a} mm/s, {p} percent of its limit. That is normal.",
            "Yes, {name} is at {a} millimeters per second. Its average is {b} mm/s.",
        ),
    ),
    Topic(
        "Compare {name} with {other}", "industrial", "comparison",
        ("comparison", "trend-multi-line", "matrix-heatmap"),
        (
            "{name} draws {a} kW and {other} draws {b} kW. They differ by {p} percent.",
            "{name} runs at {a} kilowatts, {other} at {b} kilowatts.",
        ),
    ),
    Topic(
        "Open work orders for {name}", "tasks", "health_status",
        ("timeline", "eventlogstream", "peopleview"),
        (
            "{name} has 2 open work orders. The older one is due in {p} hours.",
            "{name} has one open order, {p} percent done. About {a} hours of work are left.",
        ),
    ),
)  # fmt: skip

# kind: number of devices in the plant, numbered from 001
_KINDS = {
    "pump": 12, "compressor": 12, "chiller": 11, "boiler": 9, "motor": 12, "generator": 12,
    "transformer": 11, "AHU": 10, "UPS": 9, "cooling tower": 11, "conveyor": 10,
}  # fmt: skip


def draw_question(rng: Random) -> LegacyQuestion:
    """A random topic and device; a comparison is with the next device of the same kind."""
    topic = rng.choice(_TOPICS)
    kind, units = rng.choice(tuple(_KINDS.items()))
    number = rng.randint(1, units)
    numbers = (number, number % units + 1) if "{other}" in topic.phrasing else (number,)
    return LegacyQuestion(topic, tuple(f"{kind} {each:03d}" for each in numbers))


def draw_device(rng: Random) -> str:
    """Any device of the plant, by name."""
    kind, units = rng.choice(tuple(_KINDS.items()))
    return f"{kind} {rng.randint(1, units):03d}"
