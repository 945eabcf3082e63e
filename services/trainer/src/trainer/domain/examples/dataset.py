"""The frozen data of one run: the training set, the held-out set and the hash of both."""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field

from ratchet.contract import Method, TraceCaptured, Value, derived_id
from trainer.domain.examples.training_example import TrainingExample, TypedExample

_EARLIER = {"pair": "PairBuilt", "label": "LabelBuilt", "demonstration": "DemonstrationBuilt"}


def _current(example: Any) -> Any:
    """The event of an example as datasets stored it before they stored events; others unchanged.

    Sources and rewards were not stored. A run does not read them.
    """
    if not isinstance(example, Mapping) or "kind" not in example:
        return example
    return {
        **example,
        "type": "TraceCaptured" if example["rule"] == "trace" else _EARLIER[example["kind"]],
        "event_id": derived_id("dataset", example["example_id"]),
        "occurred_at": example["at"],
        "trace_id": example["example_id"],
        "sources": (),
        "chosen_reward": 0.0,
        "rejected_reward": 0.0,
        "reward": 0.0,
    }


def _without_origin(example: TrainingExample) -> TrainingExample:
    """`example` without the experiences and the request that it comes from.

    An example may have other sources at a later revision, and only these are in the store that
    erasure searches. A dataset therefore names no experience and no user. The trace context
    must not change the dataset's hash.
    """
    if isinstance(example, TraceCaptured):
        return example.model_copy(update={"query_id": None, "trace": {}})
    return example.model_copy(update={"sources": (), "trace": {}})


DatasetExample = Annotated[TypedExample, BeforeValidator(_current), AfterValidator(_without_origin)]


class Dataset(Value):
    """Both sets in order of `example_id`.

    `unseen` describes what only held-out examples have. `left_out` counts, by reason, the
    waiting examples that were not selected.
    """

    method: Method = "dpo"
    seed: int = 42
    train: tuple[DatasetExample, ...]
    held_out: tuple[DatasetExample, ...]
    unseen: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)

    def canonical(self) -> bytes:
        """JSON with sorted keys: equal datasets have equal bytes."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()

    def without(self, example_ids: Collection[str]) -> Self:
        """Both sets without these examples."""
        left = {
            side: tuple(e for e in getattr(self, side) if e.example_id not in example_ids)
            for side in ("train", "held_out")
        }
        return self.model_copy(update=left)

    @property
    def example_ids(self) -> tuple[str, ...]:
        return tuple(example.example_id for example in (*self.train, *self.held_out))
