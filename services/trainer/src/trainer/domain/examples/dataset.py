"""The frozen data of one run: what is trained on, what is held out, and the hash of both."""

import hashlib
import json

from pydantic import Field

from ratchet.contract import Aspect, Method, Value
from trainer.domain.examples.training_example import AnyExample, TrainingExample


class Dataset(Value):
    """Both sides in order of `example_id`; `unseen` says in words what only held-out ones have.

    `left_out` counts, by reason, the waiting examples that were not taken.
    """

    method: Method = "dpo"
    seed: int = 42
    train: tuple[AnyExample, ...]
    held_out: tuple[AnyExample, ...]
    unseen: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)

    def canonical(self) -> bytes:
        """JSON with sorted keys: equal datasets have equal bytes."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()

    @property
    def example_ids(self) -> tuple[str, ...]:
        return tuple(example.example_id for example in (*self.train, *self.held_out))

    def questions(self, aspect: Aspect, limit: int) -> tuple[TrainingExample, ...]:
        """One held-out example for each question of `aspect`, at most `limit`."""
        first: dict[tuple[str, Aspect], TrainingExample] = {}
        for example in self.held_out:
            if example.aspect == aspect:
                first.setdefault(example.key, example)
        return tuple(first.values())[:limit]
