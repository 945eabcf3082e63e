"""The final rewards and examples of a history, and a hash over rows, to compare with a replay."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ledger.domain.latest_statements import RevisedSubject, subject_of
from ratchet.contract import BuiltExample, Event, Example, ExampleRetracted, ExperienceScored

_PATH = {"event_id", "occurred_at", "caused_by", "trace", "revision", "sources", "warnings"}
"""Fields that depend on the order in which the same facts were processed."""
_EXPLANATIONS = {"follow_up_reason"}
"""Fields that explain a value in words, which a release may change without changing the value."""
_SHOWN = 5
_BYTES = 32


class Difference(NamedTuple):
    """`many` ids are in one of two states only, or differ; `ids` are the first few."""

    kind: str
    many: int
    ids: tuple[str, ...]


@dataclass
class FinalState:
    """Digests by id of the last score of each experience and of the examples not retracted.

    `settings` are the hashes of the weights and bounds of all scores, `rules` has the ids of the
    examples that each rule ever made, `revision` is the highest one of all events.
    """

    rewards: dict[str, str] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)
    rules: dict[str, set[str]] = field(default_factory=dict)
    revision: int = 0
    _highest: dict[RevisedSubject, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Apply one event; of those of one experience or example the highest revision counts.

        Of equal revisions it is the last one on the stream. A repair may have put back a lower
        revision behind a higher one, and readers ignore it.
        """
        if not isinstance(event, ExperienceScored | Example):
            return
        if isinstance(event, ExperienceScored):
            self.settings.add(event.settings_hash)
        elif isinstance(event, BuiltExample):
            self.rules.setdefault(event.rule, set()).add(event.example_id)
        subject = subject_of(event)
        if event.revision < self._highest.get(subject, 0):
            return
        self._highest[subject] = event.revision
        self.revision = max(self.revision, event.revision)
        if isinstance(event, ExperienceScored):
            self.rewards[event.query_id] = _digest(event)
        elif isinstance(event, BuiltExample):
            answers = [source.query_id for source in event.sources]
            self.examples[event.example_id] = _digest(event, answers)
        elif isinstance(event, ExampleRetracted):
            self.examples.pop(event.example_id, None)

    def with_rules_of(self, original: "FinalState") -> tuple["FinalState", dict[str, int]]:
        """The state without examples that only a new rule made, and their numbers by rule.

        A rule is new if it made none in `original`, the history of a release before it.
        """
        new = {
            rule: (ids & self.examples.keys()) - original.examples.keys()
            for rule, ids in self.rules.items()
            if rule not in original.rules
        }
        left_out = set().union(*new.values())
        kept = {name: one for name, one in self.examples.items() if name not in left_out}
        return replace(self, examples=kept), {rule: len(ids) for rule, ids in new.items()}

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
) -> Iterator[Difference]:
    both = original.keys() & replayed.keys()
    return differences_of(
        name,
        original.keys() - both,
        replayed.keys() - both,
        {key for key in both if original[key] != replayed[key]},
    )


def differences_of(
    name: str, missing: Collection[str], added: Collection[str], differing: Collection[str]
) -> Iterator[Difference]:
    """One difference of the things called `name` for each kind that has ids."""
    kinds = {
        "missing after the replay": missing,
        "only after the replay": added,
        "that differ": differing,
    }
    for kind, ids in kinds.items():
        if ids:
            yield Difference(f"{name} {kind}", len(ids), tuple(sorted(ids)[:_SHOWN]))


def _digest(event: Event, *more: object) -> str:
    body = event.model_dump(mode="json", exclude=_PATH | _EXPLANATIONS)
    return hashlib.sha256(json.dumps([body, *more], sort_keys=True).encode()).hexdigest()


class ContentHash:
    """The sum of the rows' sha256 hashes, modulo 2^256; a duplicate row counts twice."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """`row` holds JSON values; a column that is None counts as absent."""
        present = {name: value for name, value in row.items() if value is not None}
        text = json.dumps([table, present], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % (1 << 8 * _BYTES)

    def hexdigest(self) -> str:
        return self._sum.to_bytes(_BYTES).hex()
