"""The events that a run can train on, by method."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from ratchet.contract import DemonstrationBuilt, LabelBuilt, Method, PairBuilt, TraceCaptured

TrainingExample = PairBuilt | LabelBuilt | DemonstrationBuilt | TraceCaptured
TypedExample = Annotated[TrainingExample, Field(discriminator="type")]
"""`TrainingExample` as JSON: `type` names the class."""

KINDS: dict[Method, tuple[str, ...]] = {
    "dpo": (PairBuilt.__name__,),
    "kto": (LabelBuilt.__name__,),
    "sft": (DemonstrationBuilt.__name__, TraceCaptured.__name__),
}
"""The types of the events that each method trains on."""

_EXAMPLE: TypeAdapter[TrainingExample] = TypeAdapter(TypedExample)


def read_example(event: str) -> TrainingExample:
    """Parse a stored event."""
    return _EXAMPLE.validate_json(event)
