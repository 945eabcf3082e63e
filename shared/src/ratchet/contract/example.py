"""Training examples: pairs, labels, demonstrations, and their retraction."""

from typing import Literal

from pydantic import ConfigDict, Field

from ratchet.contract.event import Aspect, Event, Value


class Reading(Value):
    """One measured value that the answer could mention."""

    model_config = ConfigDict(allow_inf_nan=False)

    equipment: str
    metric: str
    value: float
    unit: str


class Question(Value):
    """The question that an example answers.

    `key` is equal for the same question in the same situation (transcript, intent, devices and
    readings). `phrasing` is the transcript with devices and numbers masked. `asked` is the
    reading that the question is about, if the situation has one.
    """

    key: str
    text: str
    intent: str
    device_type: str = ""
    characteristic: str = ""
    phrasing: str = ""
    asked: Reading | None = None


class Source(Value):
    """The experience, at one revision, that an example was built from."""

    query_id: str
    revision: int = Field(ge=1)
    user_id: str = ""


class Example(Event):
    """`example_id` depends on the content alone; `revision` orders the events of one example."""

    example_id: str
    revision: int = Field(ge=1)


class BuiltExample(Example):
    aspect: Aspect
    rule: str
    question: Question
    prompt: str
    sources: tuple[Source, ...]


class PairBuilt(BuiltExample):
    type: Literal["PairBuilt"] = "PairBuilt"
    chosen: str
    rejected: str
    chosen_reward: float
    rejected_reward: float

    @property
    def gap(self) -> float:
        return self.chosen_reward - self.rejected_reward


class LabelBuilt(BuiltExample):
    type: Literal["LabelBuilt"] = "LabelBuilt"
    answer: str
    desirable: bool
    reward: float


class DemonstrationBuilt(BuiltExample):
    """An answer to imitate: `prompt` has the request that the operator meant."""

    type: Literal["DemonstrationBuilt"] = "DemonstrationBuilt"
    answer: str
    reward: float


class ExampleRetracted(Example):
    type: Literal["ExampleRetracted"] = "ExampleRetracted"
    reason: str
