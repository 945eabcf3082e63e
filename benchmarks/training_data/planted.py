"""Examples that teach the wrong thing, by several kinds of bad feedback."""

from collections.abc import Sequence
from random import Random

from ratchet.contract import PairBuilt, Source
from trainer.domain.examples.selection import SelectionRules, select
from trainer.domain.examples.training_example import TrainingExample

MALLORY = "mallory"
_MALLORY = Source(query_id=MALLORY, revision=1, user_id=MALLORY)
_PADDING = (
    " There are many things to say about this.",
    " First of all, the system collects data all day long, from every part of the plant.",
    " Some operators like to compare it with other machines, and some do not.",
    " It can change with the season, the shift and the product that is made.",
    " It is also useful to think about maintenance plans and about what they cost.",
    " If you need more, just ask me again at any time, and I will tell you more about it.",
)


def shuffled(pairs: Sequence[PairBuilt], seed: int) -> list[PairBuilt]:
    """The better side is random."""
    rng = Random(seed)
    return [_swapped(pair) if rng.random() < 0.5 else pair for pair in pairs]


def inventing(pairs: Sequence[PairBuilt]) -> list[PairBuilt]:
    """The better side maximizes the text-quality rules, always with the same numbers."""
    return [
        pair.model_copy(update={"chosen": _invented(pair), "rejected": pair.chosen})
        for pair in pairs
    ]


def rewarding_length(pairs: Sequence[PairBuilt]) -> list[PairBuilt]:
    """The longer answer always wins."""
    return [
        pair.model_copy(update={"chosen": pair.chosen + "".join(_PADDING), "rejected": pair.chosen})
        for pair in pairs
    ]


def poisoned(pairs: Sequence[PairBuilt], share: float, seed: int) -> list[TrainingExample]:
    """One user reverses the share `share` of the pairs; returns those a run would select."""
    rng = Random(seed)
    turned = set(rng.sample(range(len(pairs)), round(share * len(pairs))))
    arguments = [
        _swapped(pair).model_copy(update={"sources": (_MALLORY, *pair.sources[:1])})
        if number in turned
        else pair
        for number, pair in enumerate(pairs)
    ]
    return list(select(arguments, SelectionRules()).examples)


def _swapped(pair: PairBuilt) -> PairBuilt:
    return pair.model_copy(update={"chosen": pair.rejected, "rejected": pair.chosen})


def _invented(pair: PairBuilt) -> str:
    reading = pair.question.asked
    assert reading is not None
    return (
        f"{reading.equipment.capitalize()} {reading.metric} is 42 {reading.unit} right now. "
        f"The average is 38 {reading.unit} and the limit is 57 {reading.unit}."
    )
