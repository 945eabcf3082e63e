"""What is stored of one answered question: enough to score it again, with bounded size."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field, ValidationError

from ratchet.contract import (
    ChatMessage,
    Experience,
    Reading,
    WidgetPlan,
    is_evaluation_agent,
    microseconds,
    prompt_of,
)
from ratchet.measures import SCENARIOS, SIZES, TextQuality, rule_quality
from ratchet_text import control_token, is_blank, person_named, split_thinking
from ratchet_truth import asked_in, readings_in
from reward.domain.answers.stored_value import StoredValue
from reward.domain.answers.warnings import RewardWarning

MAX_TRANSCRIPT = 2_000
MAX_VOICE = 4_000
MAX_WIDGETS = 50
MAX_READINGS = 50
_MAX_SPLIT = 100_000
_MAX_NAME = 100
_MAX_NAMES = 20
_SCENARIOS = frozenset(SCENARIOS)


class PlanWidget(NamedTuple):
    scenario: str
    size: str


class RecordedAnswer(StoredValue):
    """One answered question; `at` is in microseconds since 1970, `latency_ms` in milliseconds.

    `user_id` is empty for a name that stands for nobody, and for an evaluation agent, whose
    answer is marked `by_agent`.
    `voice` is None where nothing was spoken or the text is too long to store; `quality` holds
    the text's scores by rule in both cases. `widgets` is empty without a plan; `relevances`
    belong to them. `certainty` is the intent parser's confidence and `confidence` the answering
    system's. `timed` marks a question about a time; `decision_id` names the logged ranking.
    """

    query_id: str
    user_id: str = ""
    by_agent: bool = False
    at: int
    transcript: str = ""
    intent: str = ""
    domains: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    metric: str = ""
    characteristic: str = ""
    secondary_characteristics: tuple[str, ...] = Field(default=(), alias="also")
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
    warnings: tuple[RewardWarning, ...] = Field(default=(), alias="oddities")

    @property
    def content(self) -> tuple[object, ...]:
        """What feedback refers to: two experiences with equal content are one answer."""
        return (self.transcript, self.voice, self.quality, self.heading, self.widgets)

    def served_with(self, messages: Sequence[ChatMessage]) -> "RecordedAnswer":
        """The answer with the readings of `messages`, where it was given to them.

        Without a metric of its intent it is about the one reading that its question asks for.
        """
        if not messages:
            return self
        readings = readings_in(prompt_of(messages))
        changes: dict[str, Any] = {
            "readings": tuple(Reading.model_validate(row, from_attributes=True) for row in readings)
        }
        topics = () if self.metric else asked_in(self.transcript, readings)
        if len(topics) == 1:
            changes |= {"devices": (topics[0].equipment,), "metric": topics[0].metric}
        return self.model_copy(update=changes)


def recorded_answer(experience: Experience) -> RecordedAnswer:
    """What rewards and examples need of `experience`; `warnings` name what is left out."""
    intent = experience.parsed_intent
    warnings: set[RewardWarning] = set()
    readings = readings_of(experience.available_data_summary, warnings)
    spoken = _spoken(experience.voice_response or "", warnings)
    transcript = experience.transcript
    if len(transcript) > MAX_TRANSCRIPT:
        warnings.add(RewardWarning.LONG_TRANSCRIPT)
    elif not any(map(str.isalnum, transcript)):
        warnings.add(RewardWarning.NO_QUESTION)
    user_id = operator_of(experience)
    if not user_id:
        warnings.add(RewardWarning.NO_USER)
    heading = experience.widget_plan.heading[: 2 * _MAX_NAME]
    if control_token(heading):
        warnings.add(RewardWarning.CONTROL)
    metric = intent.entities.get("metric")
    return RecordedAnswer(
        query_id=experience.query_id,
        user_id=user_id,
        by_agent=is_evaluation_agent(experience.user_id),
        at=microseconds(experience.timestamp),
        transcript=transcript if len(transcript) <= MAX_TRANSCRIPT else "",
        intent=intent.type[:_MAX_NAME],
        domains=_names(intent.domains),
        devices=_names(intent.devices),
        metric=metric[:_MAX_NAME] if isinstance(metric, str) else "",
        characteristic=(intent.primary_characteristic or "")[:_MAX_NAME],
        secondary_characteristics=_names(intent.secondary_characteristics),
        certainty=intent.confidence,
        timed=bool(intent.entities.get("time")),
        decision_id=experience.decision_id,
        readings=readings,
        heading=heading,
        widgets=_widgets(experience.widget_plan, warnings),
        relevances=tuple(w.relevance for w in experience.widget_plan.widgets[:MAX_WIDGETS]),
        confidence=experience.intent_confidence,
        latency_ms=experience.processing_time_ms,
        voice=spoken if spoken and len(spoken) <= MAX_VOICE else None,
        quality=rule_quality(spoken, transcript) if spoken else None,
        warnings=tuple(sorted(warnings)),
    )


def operator_of(experience: Experience) -> str:
    """The operator's name, empty for nobody and for a program that asks and rates."""
    agent = is_evaluation_agent(experience.user_id)
    return "" if agent else person_named(experience.user_id)


def _spoken(text: str, warnings: set[RewardWarning]) -> str:
    """The spoken text without the thinking before it."""
    if len(text) > _MAX_SPLIT:
        warnings.add(RewardWarning.LONG_VOICE_RESPONSE)
        return text
    thinking, spoken = split_thinking(text)
    if thinking:
        warnings.add(RewardWarning.THINKING)
    if text and is_blank(spoken):
        warnings.add(RewardWarning.BLANK_VOICE_RESPONSE)
    if control_token(spoken):
        warnings.add(RewardWarning.CONTROL)
    if len(spoken) > MAX_VOICE:
        warnings.add(RewardWarning.LONG_VOICE_RESPONSE)
    return spoken


def readings_of(summary: Mapping[str, Any], warnings: set[RewardWarning]) -> tuple[Reading, ...]:
    """The readings in the data that the answer could use; rows of another form are left out."""
    rows = summary.get("readings")
    if not isinstance(rows, list):
        return ()
    readings: list[Reading] = []
    for row in rows[:MAX_READINGS]:
        try:
            reading = Reading.model_validate(row)
        except ValidationError:
            warnings.add(RewardWarning.UNREADABLE_READING)
            continue
        if max(len(reading.equipment), len(reading.metric), len(reading.unit)) > _MAX_NAME:
            warnings.add(RewardWarning.UNREADABLE_READING)
            continue
        readings.append(reading)
    return tuple(readings)


def _widgets(plan: WidgetPlan, warnings: set[RewardWarning]) -> tuple[PlanWidget, ...]:
    if not plan.widgets:
        warnings.add(RewardWarning.NO_PLAN)
    if len(plan.widgets) > MAX_WIDGETS:
        warnings.add(RewardWarning.LONG_PLAN)
    widgets = tuple(
        PlanWidget(widget.scenario[:_MAX_NAME], widget.size[:_MAX_NAME])
        for widget in plan.widgets[:MAX_WIDGETS]
    )
    if any(widget.scenario not in _SCENARIOS for widget in widgets):
        warnings.add(RewardWarning.UNKNOWN_SCENARIO)
    if any(widget.size not in SIZES for widget in widgets):
        warnings.add(RewardWarning.UNKNOWN_SIZE)
    return widgets


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple([name[:_MAX_NAME] for name in names][:_MAX_NAMES])
