"""Before decisions are logged: does a ranking agree with what was said of held-out plans?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ratchet.contract import Candidate, Interval
from ratchet.ranking import (
    MOST_WIDGETS,
    OTHER_SCENARIO,
    TEXT_SCALE,
    places_of,
    structure_of,
    worths_of,
)
from trainer.domain.scorer.examination import Floats
from trainer.domain.scorer.lesson import Lesson
from trainer.domain.scorer.off_policy import mean_interval
from trainer.domain.scorer.serving import Serving

_APART = 0.1
_TIE = 6
"""Decimals to which worths differ by more than rounding."""


class Agreement(NamedTuple):
    """By plan and plan (p, p): pairs of which one widget was worth clearly more, and how many of
    them rank in that order, ties counting half."""

    right: Floats
    clear: Floats

    @property
    def share(self) -> float:
        return float(self.right.sum() / self.clear.sum())


def agreement(lessons: Sequence[Lesson], serving: Serving | None) -> Agreement:
    """Over the widgets that were shown, of one plan or two; without `serving`, as they stood.

    Pairs across plans tell which widgets are worth showing at all, and are all there is where
    plans were rated as a whole.
    """
    targets = [lesson.targets[: len(lesson.plan.widgets[:MOST_WIDGETS])] for lesson in lessons]
    worths = [_worths(lesson, serving) for lesson in lessons]
    target, worth = np.concatenate(targets), np.concatenate(worths)
    clear = np.subtract.outer(target, target) > _APART
    lead = np.round(np.subtract.outer(worth, worth), _TIE)
    right = clear * (1 + np.sign(lead)) / 2
    starts = np.cumsum([0, *map(len, targets[:-1])])
    return Agreement(_by_plan(right, starts), _by_plan(clear.astype(np.float64), starts))


def gain(of: Agreement, over: Agreement, draws: Floats) -> Interval:
    """How much more often `of` is right than `over`, with its interval over resampled plans.

    `draws` (resamples, p) are weights; both agreements are about the same plans.
    """
    pairs = np.maximum(((draws @ of.clear) * draws).sum(axis=1), 1e-12)
    resampled = ((draws @ (of.right - over.right)) * draws).sum(axis=1) / pairs
    return mean_interval(of.share - over.share, resampled, len(of.clear))


def newest(lessons: Sequence[Lesson], widgets: int) -> list[Lesson]:
    """The last of `lessons` that have no more than `widgets` widgets between them."""
    kept: list[Lesson] = []
    for lesson in reversed(lessons):
        widgets -= len(lesson.targets)
        if widgets < 0:
            break
        kept.append(lesson)
    return kept[::-1]


def _by_plan(pairs: Floats, starts: NDArray[np.int64]) -> Floats:
    counted: Floats = np.add.reduceat(np.add.reduceat(pairs, starts, axis=0), starts, axis=1)
    return counted


def _worths(lesson: Lesson, serving: Serving | None) -> Floats:
    """What each widget (n,) is ranked by, against what any scenario would be for its question.

    What a scorer thinks of the question itself cannot change an order, so it must not count.
    """
    widgets = lesson.plan.widgets[:MOST_WIDGETS]
    if serving is None:
        return -np.arange(len(widgets), dtype=np.float64)
    candidates = [
        Candidate.model_construct(scenario=w.scenario, relevance=w.relevance) for w in widgets
    ]
    seen, _ = serving.scorers.see(lesson.text / TEXT_SCALE)
    structure = structure_of(lesson.plan.query, len(widgets))
    places = [*places_of(widget.scenario for widget in widgets), *range(OTHER_SCENARIO)]
    scores = serving.scorers.low_rank.score(seen, structure, places)
    above = scores[: len(widgets)] - scores[len(widgets) :].mean()
    return np.array(worths_of(candidates, above, serving.policy))
