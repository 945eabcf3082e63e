"""Training examples: pairs, labels and demonstrations, and their retraction."""

from abc import abstractmethod
from typing import Literal

from pydantic import ConfigDict, Field

from ratchet.contract.call import ChatMessage, one_turn
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
    """The experience, at the revision, that an example is made from."""

    query_id: str
    revision: int = Field(ge=1)
    user_id: str = ""


class Example(Event):
    """`example_id` depends on the content alone; `revision` orders the events of one example."""

    example_id: str
    revision: int = Field(ge=1)


class BuiltExample(Example):
    """One unit of training data: `prompt`, and what to learn about the answers to it.

    `rule` names the rule that made it. `sources` are the experiences and calls behind it.
    `messages` are those that were served, and `prompt` is then their text; without them the prompt
    is the one message of the user.
    """

    aspect: Aspect
    rule: str
    question: Question
    prompt: str
    messages: tuple[ChatMessage, ...] = Field(default=(), exclude_if=lambda served: not served)
    sources: tuple[Source, ...]

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        """The messages that a model is asked with."""
        return self.messages or one_turn(self.prompt)

    @property
    def key(self) -> tuple[str, Aspect]:
        """Equal for examples that answer the same question in the same aspect."""
        return (self.question.key, self.aspect)

    @property
    def users(self) -> tuple[str, ...]:
        """The users whose feedback is behind it, sorted, without anonymous ones."""
        return tuple(sorted({source.user_id for source in self.sources if source.user_id}))

    @property
    @abstractmethod
    def answers(self) -> tuple[str, ...]:
        """The texts that it teaches about."""


class PairBuilt(BuiltExample):
    """Two answers to the same question: prefer `chosen` to `rejected`."""

    type: Literal["PairBuilt"] = "PairBuilt"
    chosen: str
    rejected: str
    chosen_reward: float
    rejected_reward: float

    @property
    def answers(self) -> tuple[str, ...]:
        return self.chosen, self.rejected

    @property
    def gap(self) -> float:
        return self.chosen_reward - self.rejected_reward


class LabelBuilt(BuiltExample):
    """One answer, marked desirable or undesirable."""

    type: Literal["LabelBuilt"] = "LabelBuilt"
    answer: str
    desirable: bool
    reward: float

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.answer,)


class DemonstrationBuilt(BuiltExample):
    """An answer to imitate: `prompt` has the request that the operator meant."""

    type: Literal["DemonstrationBuilt"] = "DemonstrationBuilt"
    answer: str
    reward: float

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.answer,)


class ExampleRetracted(Example):
    """The withdrawal of an example whose cause changed."""

    type: Literal["ExampleRetracted"] = "ExampleRetracted"
    reason: str
