"""Joins decisions with their outcomes if they are usable off-policy."""

from typing import Any

import pytest

from ratchet.contract import CALLERS_ORDER, RankingPolicy
from ratchet_ranking import HashingEmbedding
from trainer.domain.scorer.logged_decision import logged_decision

from .conftest import decision, plan, scored

EMBEDDING = HashingEmbedding()


def test_a_decision_is_logged_with_the_plan_that_was_shown():
    """Also a shorter plan, whose widgets are a prefix of the order."""
    found = logged_decision(decision(), scored(), EMBEDDING)
    shorter = logged_decision(decision(), scored(widgets=plan().widgets[:1]), EMBEDDING)
    assert found is not None
    assert found.shown == (0, 1)
    assert shorter is not None
    assert shorter.shown == (0,)


@pytest.mark.parametrize("policy", [CALLERS_ORDER, RankingPolicy(temperature=0)])
def test_a_decision_without_exploration_is_not_usable(policy: RankingPolicy):
    assert logged_decision(decision(policy=policy), scored(), EMBEDDING) is None


@pytest.mark.parametrize("changes", [{"order": (1, 0, 2, 3)}, {"limit": 1}, {"order": (0,)}])
def test_a_plan_that_differs_from_the_decision_is_not_usable(changes: dict[str, Any]):
    assert logged_decision(decision(**changes), scored(), EMBEDDING) is None


def test_a_decision_without_a_shown_plan_is_not_usable():
    silent = scored().model_copy(update={"plan": None})
    assert logged_decision(decision(), silent, EMBEDDING) is None
    assert logged_decision(decision(), scored(widgets=()), EMBEDDING) is None


def test_impressions_exist_only_if_touches_were_reported():
    seen = logged_decision(decision(), scored(), EMBEDDING)
    unheard = logged_decision(decision(), scored(engaged=False), EMBEDDING)
    assert seen is not None
    assert [(look.kind.split()[-1], look.position) for look in seen.impressions()] == [
        ("kpi", 0),
        ("trend", 1),
    ]
    assert unheard is not None
    assert unheard.impressions() == []
