"""Kept events as training examples."""

from ratchet.contract import DemonstrationBuilt, LabelBuilt, Method, PairBuilt, TraceCaptured
from trainer.domain.examples.traces import demonstration_of
from trainer.domain.examples.training_example import TrainingExample, training_example

KINDS: dict[Method, tuple[str, ...]] = {
    "dpo": (PairBuilt.__name__,),
    "kto": (LabelBuilt.__name__,),
    "sft": (DemonstrationBuilt.__name__, TraceCaptured.__name__),
}
_BUILT = {event.__name__: event for event in (PairBuilt, LabelBuilt, DemonstrationBuilt)}


def read_example(kind: str, event: str) -> TrainingExample:
    """The example in a row; `kind` is the name of its event's type."""
    if kind in _BUILT:
        return training_example(_BUILT[kind].model_validate_json(event))
    shown = demonstration_of(TraceCaptured.model_validate_json(event))
    assert shown is not None, "a trace that shows nothing is not kept"
    return shown
