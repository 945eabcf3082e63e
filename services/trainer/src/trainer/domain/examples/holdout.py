"""Chooses the held-out set by kind of question and by time, without near copies of training data.

A random split of such data saturates: the same devices and phrasings are on both sides. Here
examples that share a device type or a phrasing stay together. Which kinds are held out depends
on the seed and their names alone, so later runs tend to hold out the same ones. Of the rest the
newest questions are held out too, since questions change with time.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from trainer.domain.examples.training_example import TrainingExample as Example

Links = Callable[[Example], tuple[str, ...]]
"""What examples on different sides must not share; the first link names the kind."""

_NEWEST_SHARE = 0.25


@dataclass(frozen=True)
class Split:
    """Both sets in order of `example_id`.

    `newest` are the examples held out for their time alone. `unseen` describes what only
    held-out examples have.
    """

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    newest: frozenset[str]
    unseen: str


def split(examples: Sequence[Example], share: float, least: int, seed: int) -> Split:
    """Hold out about `share` of the examples, and at least `least` if the data allow it.

    A quarter of them are the newest questions. The others are whole components of shared device
    types and phrasings, or if those are too large, of device types, or single questions. A
    question is never on both sides. `held_out` is empty if all examples have one question.
    """
    ordered = sorted(examples, key=lambda example: example.example_id)
    target = max(least, round(share * len(ordered)))
    for_time = int(_NEWEST_SHARE * target)
    unseen, held = _by_kind(ordered, target - for_time, least - int(_NEWEST_SHARE * least), seed)
    rest = [example for example in ordered if example.example_id not in held]
    newest = _newest(rest, for_time) if held else frozenset()
    return Split(
        train=tuple(example for example in rest if example.example_id not in newest),
        held_out=tuple(e for e in ordered if e.example_id in held | newest),
        newest=newest,
        unseen=f"{unseen}, and by time" if newest else unseen,
    )


def _by_kind(
    ordered: Sequence[Example], target: int, least: int, seed: int
) -> tuple[str, frozenset[str]]:
    """A description of what only held-out examples have, and their ids."""
    unseen, held = "", frozenset[str]()
    levels = iter(_LEVELS)
    while len(held) < least and (level := next(levels, None)):
        unseen, links = level
        held = _choose(ordered, links, target, seed)
    return unseen, held


def _newest(rest: Sequence[Example], count: int) -> frozenset[str]:
    """At most `count` examples, those of the questions with the newest feedback."""
    by_question: dict[tuple[str, str], list[Example]] = {}
    for example in rest:
        by_question.setdefault(example.key, []).append(example)

    def last(key: tuple[str, str]) -> tuple[datetime, tuple[str, str]]:
        return max(example.occurred_at for example in by_question[key]), key

    held: set[str] = set()
    for key in sorted(by_question, key=last, reverse=True)[:-1]:
        if len(held) + len(by_question[key]) <= count:
            held.update(example.example_id for example in by_question[key])
    return frozenset(held)


def _question(example: Example) -> str:
    return f"question:{example.question.key}"


def _device(example: Example) -> str:
    return f"device:{example.question.device_type or example.question.key}"


def _phrasing(example: Example) -> str:
    return f"phrasing:{example.question.phrasing or example.question.key}"


_LEVELS: tuple[tuple[str, Links], ...] = (
    ("device types and phrasings", lambda e: (_device(e), _phrasing(e), _question(e))),
    ("device types", lambda e: (_device(e), _question(e))),
    ("questions", lambda e: (_question(e),)),
)


def _choose(examples: Sequence[Example], links: Links, target: int, seed: int) -> frozenset[str]:
    """Add components in their drawn order if they bring the size closer to `target`."""
    held: set[str] = set()
    for component in sorted(_components(examples, links), key=lambda c: _drawn(c, links, seed)):
        size = len(held) + len(component)
        if size < len(examples) and abs(size - target) < abs(len(held) - target):
            held.update(example.example_id for example in component)
    return frozenset(held)


def _components(examples: Sequence[Example], links: Links) -> Iterator[list[Example]]:
    """Connected components of examples that share links (union-find)."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for example in examples:
        first, *others = links(example)
        for other in others:
            parent[root(other)] = root(first)
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(root(links(example)[0]), []).append(example)
    yield from groups.values()


def _drawn(component: Sequence[Example], links: Links, seed: int) -> str:
    """The position of a component in the draw: the smallest hash of its kinds."""
    kinds = {links(example)[0] for example in component}
    return min(hashlib.sha256(f"{seed}:{kind}".encode()).hexdigest() for kind in kinds)
