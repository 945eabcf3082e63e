"""Evidence without logged decisions: the concordance of a ranking with held-out plans.

The share of concordant pairs, ties counting half, is the area under the ROC curve for pairs
(Harrell's c-index). Its interval is a percentile bootstrap over plans (Efron 1979).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ratchet.contract import Candidate, Interval
from ratchet_ranking import (
    MOST_WIDGETS,
    OTHER_SCENARIO,
    TEXT_SCALE,
    scenario_indices,
    structure_inputs,
    worths_of,
)
from trainer.domain.scorer.examination import Floats
from trainer.domain.scorer.lesson import Lesson
from trainer.domain.scorer.off_policy import mean_interval
from trainer.domain.scorer.scorer_version import ScorerVersion

_CLEAR_DIFFERENCE = 0.1
_DECIMALS = 6
"""Two worths that agree to this many decimals are a tie."""


class Concordance(NamedTuple):
    """Counts of widget pairs by plan and plan (p, p).

    `clear` are the pairs whose targets differ by more than 0.1, `right` those of them that rank in
    that order, ties counting half.
    """

    right: Floats
    clear: Floats

    @property
    def share(self) -> float:
        return float(self.right.sum() / self.clear.sum())


def concordance(lessons: Sequence[Lesson], version: ScorerVersion | None) -> Concordance:
    """Compare all shown widgets within and across plans; without `version`, in the order shown.

    Pairs across plans show which widgets are worth showing at all. Plans that were rated only as
    a whole have no other clear pairs.
    """
    targets = [lesson.targets[: len(lesson.plan.widgets[:MOST_WIDGETS])] for lesson in lessons]
    worths = [_worths(lesson, version) for lesson in lessons]
    target, worth = np.concatenate(targets), np.concatenate(worths)
    clear = np.subtract.outer(target, target) > _CLEAR_DIFFERENCE
    lead = np.round(np.subtract.outer(worth, worth), _DECIMALS)
    right = clear * (1 + np.sign(lead)) / 2
    starts = np.cumsum([0, *map(len, targets[:-1])])
    return Concordance(_by_plan(right, starts), _by_plan(clear.astype(np.float64), starts))


def concordance_gain(of: Concordance, over: Concordance, draws: Floats) -> Interval:
    """The difference of the shares of `of` and `over`, with its interval over resampled plans.

    `draws` (resamples, p) are weights. Both concordances are about the same plans.
    """
    pairs = np.maximum(((draws @ of.clear) * draws).sum(axis=1), 1e-12)
    resampled = ((draws @ (of.right - over.right)) * draws).sum(axis=1) / pairs
    return mean_interval(of.share - over.share, resampled, len(of.clear))


def newest_lessons(lessons: Sequence[Lesson], widgets: int) -> list[Lesson]:
    """The last of `lessons` that together have at most `widgets` widgets."""
    newest: list[Lesson] = []
    for lesson in reversed(lessons):
        widgets -= len(lesson.targets)
        if widgets < 0:
            break
        newest.append(lesson)
    return newest[::-1]


def _by_plan(pairs: Floats, starts: NDArray[np.int64]) -> Floats:
    counts: Floats = np.add.reduceat(np.add.reduceat(pairs, starts, axis=0), starts, axis=1)
    return counts


def _worths(lesson: Lesson, version: ScorerVersion | None) -> Floats:
    """The value (n,) by which each widget is ranked, relative to the mean of all scenarios.

    A scorer's bias for a question cannot change an order, so it is subtracted.
    """
    widgets = lesson.plan.widgets[:MOST_WIDGETS]
    if version is None:
        return -np.arange(len(widgets), dtype=np.float64)
    candidates = [
        Candidate.model_construct(scenario=w.scenario, relevance=w.relevance) for w in widgets
    ]
    text, _ = version.scorers.project_text(lesson.text / TEXT_SCALE)
    structure = structure_inputs(lesson.plan.query, len(widgets))
    places = [*scenario_indices(widget.scenario for widget in widgets), *range(OTHER_SCENARIO)]
    scores = version.scorers.low_rank.score(text, structure, places)
    above = scores[: len(widgets)] - scores[len(widgets) :].mean()
    return np.array(worths_of(candidates, above, version.policy))
