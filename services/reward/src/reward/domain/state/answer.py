"""What is kept of one answered question: enough to score it again, and never more than a bound."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ratchet.contract import Experience, Reading, Value, WidgetPlan, microseconds
from ratchet.measures import SCENARIOS, SIZES, TextQuality, rule_quality
from reward.domain.state.warnings import Oddity

MAX_TRANSCRIPT = 2_000
MAX_VOICE = 4_000
MAX_WIDGETS = 50
MAX_READINGS = 50
_MAX_NAME = 100
_MAX_NAMES = 20
_SCENARIOS = frozenset(SCENARIOS)


class PlanWidget(NamedTuple):
    scenario: str
    size: str


class Answer(Value):
    """One answered question; `at` is in microseconds since 1970, `latency_ms` in milliseconds.

    `voice` is None where nothing was spoken or the text is too long to be kept; `quality` holds
    the text's scores by rule either way. `widgets` is empty without a plan; `relevances` go with
    them. `also` holds the secondary characteristics, `certainty` is the intent parser's, `timed`
    tells that a time was asked about, and `decision_id` names the ranking that was shown.
    """

    query_id: str
    user_id: str = ""
    at: int
    transcript: str = ""
    intent: str = ""
    domains: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    metric: str = ""
    characteristic: str = ""
    also: tuple[str, ...] = ()
    certainty: float = 0.0
    timed: bool = False
    decision_id: str | None = None
    readings: tuple[Reading, ...] = ()
    heading: str = ""
    widgets: tuple[PlanWidget, ...] = ()
    relevances: tuple[float, ...] = ()
    confidence: float = 0.0
    latency_ms: float = 0.0
    voice: str | None = None
    quality: TextQuality | None = None
    oddities: tuple[Oddity, ...] = ()


def answer_of(experience: Experience) -> Answer:
    """Keep what rewards and examples need; what was left out is named in `oddities`."""
    intent = experience.parsed_intent
    odd: set[Oddity] = set()
    readings = readings_of(experience.available_data_summary, odd)
    spoken = experience.voice_response
    if spoken and len(spoken) > MAX_VOICE:
        odd.add(Oddity.LONG_VOICE_RESPONSE)
    transcript = experience.transcript
    if len(transcript) > MAX_TRANSCRIPT:
        odd.add(Oddity.LONG_TRANSCRIPT)
    elif not any(map(str.isalnum, transcript)):
        odd.add(Oddity.NO_QUESTION)
    if not experience.user_id:
        odd.add(Oddity.NO_USER)
    metric = intent.entities.get("metric")
    return Answer(
        query_id=experience.query_id,
        user_id=experience.user_id,
        at=microseconds(experience.timestamp),
        transcript=transcript if len(transcript) <= MAX_TRANSCRIPT else "",
        intent=intent.type[:_MAX_NAME],
        domains=_names(intent.domains),
        devices=_names(intent.devices),
        metric=metric[:_MAX_NAME] if isinstance(metric, str) else "",
        characteristic=(intent.primary_characteristic or "")[:_MAX_NAME],
        also=_names(intent.secondary_characteristics),
        certainty=intent.confidence,
        timed=bool(intent.entities.get("time")),
        decision_id=experience.decision_id,
        readings=readings,
        heading=experience.widget_plan.heading[: 2 * _MAX_NAME],
        widgets=_widgets(experience.widget_plan, odd),
        relevances=tuple(w.relevance for w in experience.widget_plan.widgets[:MAX_WIDGETS]),
        confidence=experience.intent_confidence,
        latency_ms=experience.processing_time_ms,
        voice=spoken if spoken and len(spoken) <= MAX_VOICE else None,
        quality=rule_quality(spoken, transcript) if spoken else None,
        oddities=tuple(sorted(odd)),
    )


def readings_of(summary: Mapping[str, Any], odd: set[Oddity]) -> tuple[Reading, ...]:
    """The readings among the data the answer could draw on; what is no reading is left out."""
    rows = summary.get("readings")
    if not isinstance(rows, list):
        return ()
    found: list[Reading] = []
    for row in rows[:MAX_READINGS]:
        try:
            reading = Reading.model_validate(row)
        except ValidationError:
            odd.add(Oddity.UNREADABLE_READING)
            continue
        if max(len(reading.equipment), len(reading.metric), len(reading.unit)) > _MAX_NAME:
            odd.add(Oddity.UNREADABLE_READING)
            continue
        found.append(reading)
    return tuple(found)


def _widgets(plan: WidgetPlan, odd: set[Oddity]) -> tuple[PlanWidget, ...]:
    if not plan.widgets:
        odd.add(Oddity.NO_PLAN)
    if len(plan.widgets) > MAX_WIDGETS:
        odd.add(Oddity.LONG_PLAN)
    kept = tuple(
        PlanWidget(widget.scenario[:_MAX_NAME], widget.size[:_MAX_NAME])
        for widget in plan.widgets[:MAX_WIDGETS]
    )
    if any(widget.scenario not in _SCENARIOS for widget in kept):
        odd.add(Oddity.UNKNOWN_SCENARIO)
    if any(widget.size not in SIZES for widget in kept):
        odd.add(Oddity.UNKNOWN_SIZE)
    return kept


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple([name[:_MAX_NAME] for name in found][:_MAX_NAMES])
