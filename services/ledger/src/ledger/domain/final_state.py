"""The final rewards and examples of a history, for the comparison with a replay."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from ratchet.contract import BuiltExample, Event, ExampleRetracted, ExperienceScored

_PATH = {"event_id", "occurred_at", "caused_by", "trace", "revision", "sources", "warnings"}
"""Fields that depend on the order in which the same facts were processed."""
_SHOWN = 5


class Difference(NamedTuple):
    """`many` ids are in one of two states only, or differ; `ids` are the first few."""

    kind: str
    many: int
    ids: tuple[str, ...]


@dataclass
class FinalState:
    """Digests by id of the last score of each experience and of the examples not retracted.

    `settings` are the hashes of the weights and bounds of all scores.
    """

    rewards: dict[str, str] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Apply one event; those of one experience or example are added in stream order."""
        if isinstance(event, ExperienceScored):
            self.rewards[event.query_id] = _digest(event)
            self.settings.add(event.settings_hash)
        elif isinstance(event, BuiltExample):
            answers = [source.query_id for source in event.sources]
            self.examples[event.example_id] = _digest(event, answers)
        elif isinstance(event, ExampleRetracted):
            self.examples.pop(event.example_id, None)

    @property
    def content_hash(self) -> str:
        """Hex sha256 of the state."""
        everything = json.dumps([self.rewards, self.examples], sort_keys=True)
        return hashlib.sha256(everything.encode()).hexdigest()


def differences(original: FinalState, replayed: FinalState) -> list[Difference]:
    """The differences by kind; empty if the states are equal."""
    return [
        *_between("rewards", original.rewards, replayed.rewards),
        *_between("examples", original.examples, replayed.examples),
    ]


def _between(
    name: str, original: Mapping[str, str], replayed: Mapping[str, str]
) -> Iterable[Difference]:
    both = original.keys() & replayed.keys()
    kinds = {
        f"{name} missing after the replay": original.keys() - both,
        f"{name} only after the replay": replayed.keys() - both,
        f"{name} that differ": {key for key in both if original[key] != replayed[key]},
    }
    for kind, ids in kinds.items():
        if ids:
            yield Difference(kind, len(ids), tuple(islice(sorted(ids), _SHOWN)))


def _digest(event: Event, *more: object) -> str:
    body = event.model_dump(mode="json", exclude=_PATH)
    return hashlib.sha256(json.dumps([body, *more], sort_keys=True).encode()).hexdigest()
