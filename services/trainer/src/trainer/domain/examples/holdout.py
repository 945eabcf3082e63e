"""Choose the held-out side by kind of question and by time, so that no near copy was trained on.

A random split of such data saturates: the same devices and phrasings lie on both sides. Here
examples that share a device type or a phrasing stay together. Which kinds are held out depends
on the seed and their names alone, so later runs tend to hold out the same ones. Of the rest the
newest questions are held out too: what is asked changes with time.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from trainer.domain.examples.training_example import TrainingExample as Example

Links = Callable[[Example], tuple[str, ...]]
"""What an example must not share across the split; the first link names its kind."""

_NEWEST_SHARE = 0.25


@dataclass(frozen=True)
class Split:
    """Both sides in order of `example_id`; `newest` are those held out for their time alone.

    `unseen` says in words what only held-out ones have.
    """

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    newest: frozenset[str]
    unseen: str


def split(examples: Sequence[Example], share: float, least: int, seed: int) -> Split:
    """Hold out about `share` of the examples, and at least `least` where the data allow it.

    A quarter of them are the newest questions; for the others it tries whole components of
    shared device types and phrasings, then device types alone, then single questions. The same
    question is never on both sides. `held_out` is empty when all ask one question.
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
    """What only held-out examples have, in words, and their ids."""
    found: tuple[str, frozenset[str]] = ("", frozenset())
    levels = iter(_LEVELS)
    while len(found[1]) < least and (level := next(levels, None)):
        unseen, links = level
        found = (unseen, _choose(ordered, links, target, seed))
    return found


def _newest(rest: Sequence[Example], count: int) -> frozenset[str]:
    """About `count` examples: those of the questions that came up last."""
    asked: dict[tuple[str, str], list[Example]] = {}
    for example in rest:
        asked.setdefault(example.key, []).append(example)

    def last(key: tuple[str, str]) -> tuple[datetime, tuple[str, str]]:
        return max(example.occurred_at for example in asked[key]), key

    held: set[str] = set()
    for key in sorted(asked, key=last, reverse=True)[:-1]:
        if len(held) + len(asked[key]) <= count:
            held.update(example.example_id for example in asked[key])
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
    """Take components in their drawn order where each brings the size nearer to `target`."""
    held: set[str] = set()
    for component in sorted(_components(examples, links), key=lambda c: _drawn(c, links, seed)):
        size = len(held) + len(component)
        if size < len(examples) and abs(size - target) < abs(len(held) - target):
            held.update(example.example_id for example in component)
    return frozenset(held)


def _components(examples: Sequence[Example], links: Links) -> Iterator[list[Example]]:
    """Connected components of the graph in which examples meet at their links (union-find)."""
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
    """The component's place in the draw: the least hash of the kinds in it."""
    kinds = {links(example)[0] for example in component}
    return min(hashlib.sha256(f"{seed}:{kind}".encode()).hexdigest() for kind in kinds)
