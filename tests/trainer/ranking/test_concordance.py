"""The concordance of a ranking with held-out plans."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ratchet.contract import Interval, RankingPolicy, ServedWidget
from ratchet_ranking import (
    QUERY,
    SCENARIO,
    SCENARIO_ROW,
    CompositionScorer,
    HashingEmbedding,
    LowRankScorer,
    Scorers,
)
from trainer.domain.scorer.concordance import concordance, concordance_gain, newest_lessons
from trainer.domain.scorer.lesson import Lesson, ScoredRevision, to_lesson
from trainer.domain.scorer.off_policy import resamples
from trainer.domain.scorer.scorer_version import ScorerVersion

from .conftest import query, scored


def liking(weight: float = 1.0, **scores: float) -> ScorerVersion:
    """A version that scores scenarios by the mapping, others 0."""
    a, b, out = np.zeros((32, 813)), np.zeros((64, 32)), np.zeros(64)
    for at, (scenario, score) in enumerate(scores.items()):
        a[at, SCENARIO.start + SCENARIO_ROW[scenario]] = 1.0
        b[at, at] = 1.0
        out[at] = score
    low_rank = LowRankScorer(
        *(weights.astype(np.float32) for weights in (a, b, np.zeros(64), out)), out_bias=0.0
    )
    nothing = [np.zeros(shape, np.float32) for shape in ((19, 16), (64, 1072), 64, 64)]
    scorers = Scorers(low_rank, CompositionScorer(*nothing, out_bias=0.0))
    return ScorerVersion("s1-00000000", scorers, RankingPolicy(weight=weight))


def lesson(
    *widgets: tuple[str, float | None], relevances: tuple[float, ...] = (), **changes: Any
) -> Lesson:
    """A lesson of widgets by scenario and the judge's score, in the order they were shown."""
    served = tuple(
        ServedWidget(scenario=scenario, score=score, relevance=relevance)
        for (scenario, score), relevance in zip(
            widgets, relevances or [None] * len(widgets), strict=True
        )
    )
    event = scored(widgets=served, **{"reward": None, **changes})
    found = to_lesson(ScoredRevision(1, event), HashingEmbedding())
    assert found is not None
    return found


GOOD_FIRST = lesson(("kpi", 0.9), ("trend", 0.3))
BAD_FIRST = lesson(("trend", 0.3), ("kpi", 0.9))
RIGHT, REVERSED, TIED = liking(kpi=0.2, trend=0.1), liking(kpi=0.1, trend=0.2), liking()


@pytest.mark.parametrize("plan", [GOOD_FIRST, BAD_FIRST], ids=["good first", "bad first"])
@pytest.mark.parametrize(
    ("by", "share"),
    [(RIGHT, 1.0), (REVERSED, 0.0), (TIED, 0.5)],
    ids=["right", "reversed", "tied"],
)
def test_the_share_is_that_of_correctly_ordered_pairs(
    plan: Lesson, by: ScorerVersion, share: float
):
    assert concordance([plan], by).share == share


def test_some_pairs_of_a_plan_may_be_right_and_others_wrong():
    """kpi before comparison is right, comparison before trend is wrong, kpi and trend are tied."""
    three = lesson(("kpi", 1.0), ("comparison", 0.5), ("trend", 0.0))
    assert concordance([three], liking(kpi=0.2, trend=0.2)).share == pytest.approx(0.5)
    assert concordance([three], liking(kpi=0.2, trend=0.1)).share == pytest.approx(2 / 3)


def test_without_a_ranking_the_order_in_which_the_plan_was_shown_counts():
    assert concordance([GOOD_FIRST], None).share == 1.0
    assert concordance([BAD_FIRST], None).share == 0.0


def test_the_policy_weighs_the_callers_relevance():
    mistaken = lesson(("kpi", 0.9), ("trend", 0.3), relevances=(0.4, 0.6))
    assert concordance([mistaken], liking(weight=0.0, kpi=0.2)).share == 0.0
    assert concordance([mistaken], liking(weight=1.0, kpi=0.2)).share == 1.0


def test_plans_rated_as_a_whole_are_compared_across_plans():
    praised, blamed = lesson(("kpi", None), reward=1.0), lesson(("trend", None), reward=-1.0)
    assert not concordance([praised], RIGHT).clear.any()
    assert concordance([praised, blamed], RIGHT).share == 1.0
    assert concordance([praised, blamed], REVERSED).share == 0.0
    assert concordance([praised, blamed], None).share == 0.5


def test_a_scorers_bias_for_a_question_does_not_count():
    """The scorer prefers one of two questions and no widget."""
    praised = lesson(("kpi", None), reward=1.0, query=query(devices=2))
    blamed = lesson(("kpi", None), reward=-1.0, query=query(devices=0))
    knowing = np.zeros((32, 813), np.float32)
    knowing[0, QUERY.start + 4] = 1.0
    scorer = replace(RIGHT.scorers.low_rank, a=knowing)
    by = RIGHT._replace(scorers=replace(RIGHT.scorers, low_rank=scorer))
    assert concordance([praised, blamed], by).share == 0.5


def test_only_the_newest_plans_within_the_widget_limit_are_compared():
    two, three = GOOD_FIRST, lesson(("kpi", 1.0), ("comparison", 0.5), ("trend", 0.0))
    assert newest_lessons([two, three, two], 5) == [three, two]
    assert newest_lessons([two, three, two], 4) == [two]
    assert newest_lessons([two, three], 99) == [two, three]


def test_pairs_are_counted_by_the_plans_of_both_widgets():
    """The good widget of each plan beats the bad widget of both plans."""
    found = concordance([GOOD_FIRST, BAD_FIRST], RIGHT)
    assert found.clear.tolist() == [[1, 1], [1, 1]]
    assert found.right.tolist() == [[1, 1], [1, 1]]


def test_pairs_without_a_clear_difference_do_not_count():
    close = lesson(("kpi", 0.9), ("trend", 0.88), ("comparison", 0.2))
    found = concordance([close], liking(trend=0.2, kpi=0.1))
    assert found.clear.tolist() == [[2]]
    assert found.share == 1.0


@pytest.mark.parametrize(
    "plan",
    [
        lesson(("kpi", 0.9), ("trend", 0.88)),
        lesson(("kpi", 0.9)),
        lesson(("kpi", None), ("trend", None), reward=0.4),
        lesson(("kpi", 0.2), missing=("trend",)),
    ],
    ids=["close", "single", "rated as a whole", "missed and not shown"],
)
def test_a_plan_without_a_clear_difference_has_no_pair_to_compare(plan: Lesson):
    assert not concordance([plan], RIGHT).clear.any()


def test_only_the_first_24_widgets_of_a_long_plan_are_compared():
    long = lesson(("kpi", 0.9), *[("trend", 0.3)] * 29, missing=("alerts", "timeline"))
    assert concordance([long], RIGHT).clear.tolist() == [[23]]


def test_a_widget_with_an_unknown_scenario_is_ranked():
    assert concordance([lesson(("kpi", 0.9), ("", 0.3))], liking(kpi=0.2)).share == 1.0


def test_a_gain_is_the_difference_of_the_shares_with_its_interval_over_plans():
    plans = [GOOD_FIRST, BAD_FIRST] * 15
    draws = resamples(len(plans), seed=1)
    found = concordance_gain(concordance(plans, RIGHT), concordance(plans, None), draws)
    assert found.mean == pytest.approx(0.5)
    assert 0 < found.low < 0.5 < found.high < 1
    assert found.n == 30


def test_gains_are_paired_so_that_equal_rankings_gain_exactly_nothing():
    plans = [GOOD_FIRST, BAD_FIRST] * 15
    draws = resamples(len(plans), seed=1)
    found = concordance_gain(concordance(plans, RIGHT), concordance(plans, RIGHT), draws)
    assert found == Interval(mean=0.0, low=0.0, high=0.0, n=30)


def test_exchanged_rankings_have_the_opposite_gain():
    plans = [GOOD_FIRST, BAD_FIRST, GOOD_FIRST]
    draws = resamples(len(plans), seed=1)
    one, other = concordance(plans, RIGHT), concordance(plans, None)
    there, back = concordance_gain(one, other, draws), concordance_gain(other, one, draws)
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
