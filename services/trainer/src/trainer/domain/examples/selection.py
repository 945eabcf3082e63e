"""Which of the waiting examples a run takes: near copies once, and nobody more than their share."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import Field

from ratchet.contract import LabelBuilt, Value
from trainer.domain.examples.training_example import TrainingExample

_WORD = re.compile(r"\w+")
_SHINGLE = 3
NEAR_DUPLICATE = "near_duplicate"
USER_SHARE = "user_share"


class SelectionRules(Value):
    """`user_share` (0..1) is one user's most of all examples; `user_least` always may stay.

    `alike` is the Jaccard similarity of word triples from which two examples are near copies.
    """

    user_share: float = Field(default=1 / 3, gt=0, le=1)
    user_least: int = Field(default=20, ge=1)
    alike: float = Field(default=0.9, gt=0, le=1)


@dataclass(frozen=True)
class Selected:
    """`left_out` counts the others by reason."""

    examples: tuple[TrainingExample, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def select(waiting: Sequence[TrainingExample], rules: SelectionRules) -> Selected:
    """Depends on the examples alone, not on their order; sorted by `example_id`."""
    ordered = sorted(waiting, key=lambda example: example.example_id)
    distinct = _distinct(ordered, rules.alike)
    shared = _fairly_shared(distinct, rules)
    left_out = {
        NEAR_DUPLICATE: len(ordered) - len(distinct),
        USER_SHARE: len(distinct) - len(shared),
    }
    return Selected(tuple(shared), {reason: n for reason, n in left_out.items() if n})


def _distinct(ordered: Sequence[TrainingExample], alike: float) -> list[TrainingExample]:
    """The newest of examples with nearly the same words; with other devices they are others.

    Similarity is Jaccard's on word triples of question and answers (Broder 1997); only
    examples of one phrasing are compared, since others cannot be near copies.
    """
    kept: list[TrainingExample] = []
    by_phrasing: defaultdict[tuple[str, ...], list[frozenset[tuple[str, ...]]]] = defaultdict(list)
    newest_first = sorted(ordered, key=lambda example: (example.occurred_at, example.example_id))[
        ::-1
    ]
    for example in newest_first:
        words = _shingles(example)
        known = by_phrasing[_block(example)]
        if not any(_jaccard(words, other) >= alike for other in known):
            known.append(words)
            kept.append(example)
    return sorted(kept, key=lambda example: example.example_id)


def _block(example: TrainingExample) -> tuple[str, ...]:
    sign = str(example.desirable) if isinstance(example, LabelBuilt) else ""
    question = example.question
    return (example.aspect, sign, question.phrasing or question.key)


def _shingles(
    example: TrainingExample,
) -> frozenset[tuple[str, ...]]:
    asked = example.question.asked
    shown = (example.question.text, *example.answers, "" if asked is None else f"{asked.value}")
    words = _WORD.findall(" | ".join(shown).casefold())
    return frozenset(tuple(words[at : at + _SHINGLE]) for at in range(len(words)))


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _fairly_shared(
    examples: Sequence[TrainingExample], rules: SelectionRules
) -> list[TrainingExample]:
    """Leave out examples of the busiest user until nobody is behind more than their share.

    Where everyone's equal share is larger, that is the limit. Which of a user's examples go is
    drawn by hash.
    """
    kept = {example.example_id: set(example.users) for example in examples}
    behind = Counter(user for users in kept.values() for user in users)
    if len(behind) < 2:
        return list(examples)
    most = max(rules.user_share, behind.total() / len(behind) / len(kept))
    drawn = sorted(kept, key=lambda i: hashlib.sha256(i.encode()).digest())
    turns = {user: [i for i in drawn if user in kept[i]] for user in behind}
    while behind:
        user, count = max(behind.items(), key=lambda item: (item[1], item[0]))
        if count <= max(rules.user_least, most * len(kept)):
            break
        example_id = turns[user].pop()
        behind.subtract(kept.pop(example_id, ()))
    return [example for example in examples if example.example_id in kept]
