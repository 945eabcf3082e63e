"""Selects the examples of a run: near duplicates once, and a limited share for each user."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from ratchet.contract import BuiltExample, LabelBuilt, Value
from ratchet_text import question_words
from trainer.domain.examples.training_example import TrainingExample

_SHINGLE = 3
NEAR_DUPLICATE = "near_duplicate"
USER_SHARE = "user_share"


class SelectionRules(Value):
    """The limits of the selection.

    `user_share` (0..1) is the largest share of all examples for one user, and for everybody
    without a name together; `user_least` examples are always allowed. `alike` is the Jaccard
    similarity of word triples from which on two examples are near duplicates.
    """

    user_share: float = Field(default=1 / 3, gt=0, le=1)
    user_least: int = Field(default=20, ge=1)
    alike: float = Field(default=0.9, gt=0, le=1)


@dataclass(frozen=True)
class Selected:
    """The selected examples; `left_out` counts the others by reason."""

    examples: tuple[TrainingExample, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def described(left_out: Mapping[str, int]) -> str:
    """The counts as text, such as "3 near duplicate, 1 user share"."""
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())


def select(waiting: Sequence[TrainingExample], rules: SelectionRules) -> Selected:
    """Select examples, sorted by `example_id`; their order does not matter."""
    ordered = sorted(waiting, key=lambda example: example.example_id)
    distinct = _distinct(ordered, rules.alike)
    shared = _fairly_shared(distinct, rules)
    left_out = {
        NEAR_DUPLICATE: len(ordered) - len(distinct),
        USER_SHARE: len(distinct) - len(shared),
    }
    return Selected(tuple(shared), {reason: n for reason, n in left_out.items() if n})


def _distinct(ordered: Sequence[TrainingExample], alike: float) -> list[TrainingExample]:
    """The newest of each set of near duplicates.

    Similarity is Jaccard's on word triples of question and answers (Broder 1997). Only examples
    of one phrasing are compared, since others cannot be near duplicates.
    """
    distinct: list[TrainingExample] = []
    by_phrasing: defaultdict[tuple[str, ...], list[frozenset[tuple[str, ...]]]] = defaultdict(list)
    by_age = sorted(ordered, key=lambda example: (example.occurred_at, example.example_id))
    for example in reversed(by_age):
        words = _shingles(example)
        known = by_phrasing[_block(example)]
        if not any(_jaccard(words, other) >= alike for other in known):
            known.append(words)
            distinct.append(example)
    return sorted(distinct, key=lambda example: example.example_id)


def _block(example: TrainingExample) -> tuple[str, ...]:
    sign = str(example.desirable) if isinstance(example, LabelBuilt) else ""
    question = example.question
    return (example.aspect, sign, question.phrasing or question.key)


def _shingles(example: TrainingExample) -> frozenset[tuple[str, ...]]:
    reading = example.question.asked
    texts = (example.question.text, *example.answers, "" if reading is None else f"{reading.value}")
    words = question_words(" | ".join(texts))
    return frozenset(tuple(words[at : at + _SHINGLE]) for at in range(len(words)))


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _holders(example: TrainingExample) -> set[str]:
    if not isinstance(example, BuiltExample):
        return set()
    return {source.user_id for source in example.sources}


def _fairly_shared(
    examples: Sequence[TrainingExample], rules: SelectionRules
) -> list[TrainingExample]:
    """Remove examples of the most frequent user until no user exceeds the limit.

    The limit is `user_share`, or an equal share for every user if that is larger. Sources without
    a user count as those of one; examples without a source, such as imported ones, are nobody's.
    Which examples of a user are removed is drawn by hash.
    """
    remaining = {example.example_id: _holders(example) for example in examples}
    counts = Counter(user for users in remaining.values() for user in users)
    if len(counts) < 2:
        return list(examples)
    most = max(rules.user_share, counts.total() / len(counts) / len(remaining))
    drawn = sorted(remaining, key=lambda i: hashlib.sha256(i.encode()).digest())
    turns = {user: [i for i in drawn if user in remaining[i]] for user in counts}
    while counts:
        user, count = max(counts.items(), key=lambda item: (item[1], item[0]))
        if count <= max(rules.user_least, most * len(remaining)):
            break
        example_id = turns[user].pop()
        counts.subtract(remaining.pop(example_id, ()))
    return [example for example in examples if example.example_id in remaining]
