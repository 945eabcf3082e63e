"""Training examples: two answers compared, one judged or one to imitate, and their end."""

from typing import Literal

from pydantic import ConfigDict, Field

from ratchet.contract.event import Aspect, Event, Value


class Reading(Value):
    """One measured value the answer was given to speak about."""

    model_config = ConfigDict(allow_inf_nan=False)

    equipment: str
    metric: str
    value: float
    unit: str


class Question(Value):
    """What was asked.

    `key` is equal for the same question in the same situation (words, intent, devices and
    readings). `phrasing` is the transcript with devices and numbers masked. `asked` is the
    reading the question is about, where the situation names one.
    """

    key: str
    text: str
    intent: str
    device_type: str = ""
    characteristic: str = ""
    phrasing: str = ""
    asked: Reading | None = None


class Source(Value):
    """The experience, at the revision, that an example was made of."""

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
    """An answer to imitate: `prompt` holds the request that was meant."""

    type: Literal["DemonstrationBuilt"] = "DemonstrationBuilt"
    answer: str
    reward: float


class ExampleRetracted(Example):
    type: Literal["ExampleRetracted"] = "ExampleRetracted"
    reason: str
