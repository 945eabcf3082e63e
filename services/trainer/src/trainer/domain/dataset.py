"""The frozen data of one run: what is trained on, what is held out, and the hash of both."""

import hashlib
import json

from ratchet.events.base import Aspect, Value
from ratchet.events.example import PairBuilt, Question


class TrainingPair(Value):
    """A pair as the run sees it; `key` joins what asks the same question in the same aspect."""

    example_id: str
    revision: int
    aspect: Aspect
    question: Question
    prompt: str
    chosen: str
    rejected: str

    @property
    def key(self) -> tuple[str, Aspect]:
        return (self.question.key, self.aspect)


class Dataset(Value):
    """Both sides in order of `example_id`; `unseen` says in words what only held-out pairs have."""

    train: tuple[TrainingPair, ...]
    held_out: tuple[TrainingPair, ...]
    unseen: str = ""

    def canonical(self) -> bytes:
        """JSON with sorted keys: equal datasets have equal bytes."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()

    @property
    def example_ids(self) -> tuple[str, ...]:
        return tuple(pair.example_id for pair in (*self.train, *self.held_out))

    def questions(self, aspect: Aspect, limit: int) -> tuple[TrainingPair, ...]:
        """One held-out pair for each question of `aspect`, at most `limit`."""
        first: dict[tuple[str, Aspect], TrainingPair] = {}
        for pair in self.held_out:
            if pair.aspect == aspect:
                first.setdefault(pair.key, pair)
        return tuple(first.values())[:limit]


def training_pair(event: PairBuilt) -> TrainingPair:
    return TrainingPair.model_validate(event.model_dump(include=set(TrainingPair.model_fields)))
