"""One answered question, as the Command Center records it; rows of every release load."""

from typing import Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from ratchet.contract import client_values as sent
from ratchet.contract.client_values import without_place
from ratchet.contract.event import Event, Value, microseconds, time_of

FEEDBACK_WINDOW_DAYS = 30
"""How long after an answer was recorded its feedback counts, unless a setting changes that."""
_EVALUATION_AGENTS = ("rlagent",)
Rating = Literal["up", "down"]
FollowUp = Literal["satisfied", "new_topic", "refinement", "repeat", "correction"]


class ClientValue(Value):
    """A value from a client: its numbers are finite."""

    model_config = ConfigDict(allow_inf_nan=False)


class Intent(ClientValue):
    type: str = "query"
    domains: tuple[str, ...] = ()
    entities: sent.FreeObject = Field(default_factory=dict)
    confidence: float = 0.0
    primary_characteristic: str | None = None
    secondary_characteristics: tuple[str, ...] = ()
    parse_method: str = ""

    @property
    def devices(self) -> tuple[str, ...]:
        devices = self.entities.get("devices") or ()
        if not isinstance(devices, list | tuple):
            return ()
        return tuple(str(device) for device in devices)


class Widget(ClientValue):
    scenario: str
    size: str = "normal"
    relevance: float = 0.0
    why: str = ""
    height_units: float | None = None
    data_request: sent.FreeValue = None


class WidgetPlan(ClientValue):
    heading: str = ""
    widgets: tuple[Widget, ...] = ()
    select_method: str = ""


class WidgetInteraction(ClientValue):
    """`widget_index` counts from 0, as the frontend sends it."""

    widget_index: sent.Index = Field(ge=0)
    action: str
    duration_ms: float = Field(default=0, ge=0)
    timestamp: sent.NaiveMoment | None = None


class WidgetJudgement(ClientValue):
    """`widget_index` counts from 1, as the judge sends it; `position` counts from 0."""

    widget_index: sent.Index = Field(ge=1)
    widget_type: str = ""
    appropriateness_score: float | None = Field(default=None, ge=0, le=1)
    size_appropriate: bool | None = None
    issues: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()

    @property
    def position(self) -> int:
        return self.widget_index - 1


class Judgement(ClientValue):
    """The fields that operators and the judge report on an answer; None if not sent."""

    follow_up_type: FollowUp | None = None
    evaluation_confidence: float | None = Field(default=None, ge=0, le=1)
    evaluation_reasoning: str | None = None
    query_understanding: str | None = None
    per_widget_feedback: tuple[WidgetJudgement, ...] | None = None
    missing_widgets: tuple[str, ...] | None = None
    suggested_improvements: tuple[str, ...] | None = None
    voice_response_rating: Literal["good", "bad"] | None = None
    voice_quality_scores: sent.FreeObject | None = None
    voice_evaluation_confidence: float | None = Field(default=None, ge=0, le=1)
    voice_evaluation_reasoning: str | None = None
    voice_dimension_scores_claude: sent.FreeObject | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _a_null_is_a_missing_key(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(value)
        except ValidationError as error:
            places = [
                problem["loc"]
                for problem in error.errors(include_url=False, include_context=False)
                if problem["input"] is None
                and any(isinstance(key, str) for key in problem["loc"][-1:])
            ]
            if not places:
                raise
        for place in places:
            value = without_place(value, place)
        return read(value)


class Experience(Judgement):
    query_id: sent.QueryId
    timestamp: sent.Moment
    user_id: sent.UserId = ""
    transcript: str = Field(default="", max_length=20_000)
    parsed_intent: Intent = Intent()
    available_data_summary: sent.FreeObject = Field(default_factory=dict)
    user_history: sent.FreeValues = ()
    fixtures: sent.FreeObject = Field(default_factory=dict)
    widget_plan: WidgetPlan = WidgetPlan()
    intent_confidence: float = Field(default=0.0, ge=0, le=1)
    processing_time_ms: float = 0
    user_rating: Rating | None = None
    widget_interactions: tuple[WidgetInteraction, ...] | None = None
    correction_text: str | None = None
    voice_response: str | None = None
    prompt_version: str | None = None
    decision_id: sent.DecisionId | None = None
    computed_reward: float | None = None

    @field_validator("widget_plan", mode="before")
    @classmethod
    def _a_missing_plan_is_an_empty_plan(cls, plan: Any) -> Any:
        return plan if is_plan(plan) else {"widgets": []}


class Feedback(Judgement):
    """The body of a feedback call: a field that is not sent changes nothing."""

    query_id: sent.QueryId
    user_id: sent.UserId = ""
    rating: Rating | None = None
    interactions: tuple[WidgetInteraction, ...] | None = Field(default=None, max_length=50)
    correction: str | None = Field(default=None, max_length=500)


class Statements(Event):
    """`may_teach` is false if a correction in it waits for a person's approval."""

    may_teach: bool = Field(default=True, exclude_if=bool)


class ExperienceRecorded(Statements):
    type: Literal["ExperienceRecorded"] = "ExperienceRecorded"
    experience: Experience

    def about(self, query_id: str) -> Self:
        """The same answer under the spelling of its id that is stored."""
        experience = self.experience.model_copy(update={"query_id": query_id})
        return self.model_copy(update={"experience": experience})

    def not_after(self, at: int) -> Self:
        event = super().not_after(at)
        if microseconds(self.experience.timestamp) <= at:
            return event
        experience = self.experience.model_copy(update={"timestamp": time_of(at)})
        return event.model_copy(update={"experience": experience})

    @property
    def latest_time(self) -> int:
        return max(super().latest_time, microseconds(self.experience.timestamp))


class FeedbackReceived(Statements):
    """`approved_by` is the person who approved the correction of the event `caused_by`."""

    type: Literal["FeedbackReceived"] = "FeedbackReceived"
    feedback: Feedback
    approved_by: str | None = Field(default=None, exclude_if=lambda name: name is None)

    def about(self, query_id: str) -> Self:
        """The feedback on the answer that is stored under this spelling of its id."""
        feedback = self.feedback.model_copy(update={"query_id": query_id})
        return self.model_copy(update={"feedback": feedback})


def is_evaluation_agent(user_id: str) -> bool:
    """Whether `user_id` is that of a program that asks and rates, such as `rl-agent`."""
    return "".join(filter(str.isalnum, user_id)).casefold() in _EVALUATION_AGENTS


def is_plan(plan: Any) -> bool:
    """Whether `plan` has a list of widgets; an experience without one counts for voice only."""
    if isinstance(plan, WidgetPlan):
        return True
    return isinstance(plan, dict) and isinstance(plan.get("widgets"), list)
