"""Choose the held-out side by kind of question, so that no near copy of it was trained on.

A random split of such data saturates: the same devices and phrasings lie on both sides. Here
pairs that share a device type or a phrasing stay together. Which kinds are held out depends on
the seed and their names alone, so later runs tend to hold out the same ones.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from trainer.domain.dataset import Dataset, TrainingPair

Links = Callable[[TrainingPair], tuple[str, ...]]
"""What a pair must not share across the split; the first link names its kind."""


def split(pairs: Sequence[TrainingPair], share: float, least: int, seed: int) -> Dataset:
    """Hold out about `share` of the pairs, and at least `least` where the data allow it.

    Tries whole components of shared device types and phrasings, then device types alone, then
    single questions; the same question is never on both sides. `held_out` is empty when all
    pairs ask one question.
    """
    ordered = sorted(pairs, key=lambda pair: pair.example_id)
    target = max(least, round(share * len(ordered)))
    levels = iter(_LEVELS)
    held: set[str] = set()
    while len(held) < least and (level := next(levels, None)):
        unseen, links = level
        held = _choose(ordered, links, target, seed)
    return Dataset(
        train=tuple(pair for pair in ordered if pair.example_id not in held),
        held_out=tuple(pair for pair in ordered if pair.example_id in held),
        unseen=unseen,
    )


def _question(pair: TrainingPair) -> str:
    return f"question:{pair.question.key}"


def _device(pair: TrainingPair) -> str:
    return f"device:{pair.question.device_type or pair.question.key}"


def _phrasing(pair: TrainingPair) -> str:
    return f"phrasing:{pair.question.phrasing or pair.question.key}"


_LEVELS: tuple[tuple[str, Links], ...] = (
    ("device types and phrasings", lambda p: (_device(p), _phrasing(p), _question(p))),
    ("device types", lambda p: (_device(p), _question(p))),
    ("questions", lambda p: (_question(p),)),
)


def _choose(pairs: Sequence[TrainingPair], links: Links, target: int, seed: int) -> set[str]:
    """Take components in their drawn order where each brings the size nearer to `target`."""
    held: set[str] = set()
    for component in sorted(_components(pairs, links), key=lambda c: _drawn(c, links, seed)):
        size = len(held) + len(component)
        if size < len(pairs) and abs(size - target) < abs(len(held) - target):
            held.update(pair.example_id for pair in component)
    return held


def _components(pairs: Sequence[TrainingPair], links: Links) -> Iterator[list[TrainingPair]]:
    """Connected components of the graph in which pairs meet at their links (union-find)."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for pair in pairs:
        first, *others = links(pair)
        for other in others:
            parent[root(other)] = root(first)
    groups: dict[str, list[TrainingPair]] = {}
    for pair in pairs:
        groups.setdefault(root(links(pair)[0]), []).append(pair)
    yield from groups.values()


def _drawn(component: Sequence[TrainingPair], links: Links, seed: int) -> str:
    """The component's place in the draw: the least hash of the kinds in it."""
    kinds = {links(pair)[0] for pair in component}
    return min(hashlib.sha256(f"{seed}:{kind}".encode()).hexdigest() for kind in kinds)
