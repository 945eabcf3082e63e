"""The events that a run can train on, by method, and the samples of demonstrations."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from ratchet.contract import (
    ChatMessage,
    DemonstrationBuilt,
    LabelBuilt,
    Method,
    PairBuilt,
    TraceCaptured,
    one_turn,
)

TrainingExample = PairBuilt | LabelBuilt | DemonstrationBuilt | TraceCaptured
TypedExample = Annotated[TrainingExample, Field(discriminator="type")]
"""`TrainingExample` as JSON: `type` names the class."""

KINDS: dict[Method, tuple[str, ...]] = {
    "dpo": (PairBuilt.__name__,),
    "kto": (LabelBuilt.__name__,),
    "sft": (DemonstrationBuilt.__name__, TraceCaptured.__name__),
}
"""The types of the events that each method trains on."""

_CUE = "Think first:"
_ANSWER_CUE = "Response:"
_EXAMPLE: TypeAdapter[TrainingExample] = TypeAdapter(TypedExample)


def read_example(event: str) -> TrainingExample:
    """Parse a stored event."""
    return _EXAMPLE.validate_json(event)


def samples_of(
    example: DemonstrationBuilt | TraceCaptured,
) -> tuple[tuple[tuple[ChatMessage, ...], str], ...]:
    """Pairs of prompt and completion: three for a trace with thoughts, otherwise one.

    The prompt for the thoughts ends in a cue of its own. With equal prompts for thoughts and
    answer, half of the samples would teach the model in service, which is prompted without the
    cue, to present its thoughts to the operator.
    """
    (answer,) = example.answers
    thoughts = example.thoughts if isinstance(example, TraceCaptured) else ""
    if not thoughts:
        return ((example.turns, answer),)
    cued = f"{example.prompt}\n{_CUE}"
    after_thoughts = f"{cued}\n{thoughts}\n{_ANSWER_CUE}"
    return (
        (one_turn(cued), thoughts),
        (example.turns, answer),
        (one_turn(after_thoughts), answer),
    )
