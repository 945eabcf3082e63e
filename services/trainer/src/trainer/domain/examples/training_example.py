"""An example as a run sees it: two answers compared, one judged, or one to imitate."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ratchet.contract import (
    Aspect,
    BuiltExample,
    DemonstrationBuilt,
    LabelBuilt,
    PairBuilt,
    Question,
    Value,
)


class _Shared(Value):
    """`users` gave the feedback behind it, anonymous ones left out; `at` is when that came."""

    example_id: str
    revision: int
    aspect: Aspect
    rule: str
    question: Question
    prompt: str
    users: tuple[str, ...] = ()
    at: datetime

    @property
    def key(self) -> tuple[str, Aspect]:
        """Equal for what asks the same question in the same aspect."""
        return (self.question.key, self.aspect)


class TrainingPair(_Shared):
    kind: Literal["pair"] = "pair"
    chosen: str
    rejected: str

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.chosen, self.rejected)


class TrainingLabel(_Shared):
    kind: Literal["label"] = "label"
    answer: str
    desirable: bool

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.answer,)


class TrainingDemonstration(_Shared):
    """`thinking` is what the teacher thought before the answer; empty where it is not known."""

    kind: Literal["demonstration"] = "demonstration"
    answer: str
    thinking: str = ""

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.answer,)


TrainingExample = TrainingPair | TrainingLabel | TrainingDemonstration
AnyExample = Annotated[TrainingExample, Field(discriminator="kind")]
"""`TrainingExample` as a field: JSON says by its `kind` which one it is."""

_TYPES: dict[type[BuiltExample], type[TrainingExample]] = {
    PairBuilt: TrainingPair,
    LabelBuilt: TrainingLabel,
    DemonstrationBuilt: TrainingDemonstration,
}


def training_example(event: BuiltExample) -> TrainingExample:
    """What a run needs of `event`."""
    users = {source.user_id for source in event.sources if source.user_id}
    kept = event.model_dump(exclude={"type", "sources", "occurred_at"})
    return _TYPES[type(event)].model_validate(
        {**kept, "users": tuple(sorted(users)), "at": event.occurred_at}
    )
