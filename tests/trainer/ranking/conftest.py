"""Builders of plans, revisions and decisions, and fixtures for the stores."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import (
    Candidate,
    DecisionMade,
    ExperienceScored,
    RankingPolicy,
    RankingQuery,
    ServedPlan,
    ServedWidget,
)
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.rules import LearningRules

MORNING = datetime(2026, 3, 2, 6, tzinfo=UTC)
SCENARIOS = ("kpi", "trend", "comparison", "timeline")


def plan(**changes: Any) -> ServedPlan:
    """Two judged widgets of a question on a pump, the first good and the second bad."""
    return ServedPlan.model_validate(
        {
            "query": query(),
            "widgets": (
                ServedWidget(scenario="kpi", relevance=0.8, score=0.9, size_fits=True),
                ServedWidget(scenario="trend", relevance=0.7, score=0.3, size_fits=True),
            ),
            "reward": 0.4,
            "engaged": True,
            **changes,
        }
    )


def query(transcript: str = "What is the power of pump 001?", **changes: Any) -> RankingQuery:
    return RankingQuery.model_validate(
        {
            "transcript": transcript,
            "characteristics": ("energy",),
            "devices": 1,
            "confidence": 0.9,
            **changes,
        }
    )


def scored(
    query_id: str = "q-1", revision: int = 1, user_id: str = "maria", day: int = 0, **changes: Any
) -> ExperienceScored:
    """A scored revision; `changes` are those of its plan."""
    return ExperienceScored(
        event_id=f"scored-{query_id}-{revision}",
        occurred_at=MORNING + timedelta(days=day),
        query_id=query_id,
        user_id=user_id,
        revision=revision,
        total=0.5,
        components={},
        settings_hash="settings",
        plan=plan(**changes),
    )


def decision(decision_id: str = "decision-1", **changes: Any) -> DecisionMade:
    """The greedy order of four candidates, of which two are shown, kpi and trend."""
    return DecisionMade.model_validate(
        {
            "event_id": decision_id,
            "occurred_at": MORNING,
            "query": query(),
            "candidates": tuple(Candidate(scenario=name, relevance=0.5) for name in SCENARIOS),
            "limit": 2,
            "order": (0, 1, 2, 3),
            "worths": (0.9, 0.7, 0.5, 0.3),
            "propensity": 0.95,
            "policy": RankingPolicy(),
            "scorer": "s1-00000000",
            **changes,
        }
    )


@pytest.fixture
def rules() -> LearningRules:
    return LearningRules()


@pytest.fixture
def store(engine: Engine, rules: LearningRules) -> SqlRankingStore:
    return SqlRankingStore(engine, rules)


@pytest.fixture
def register(engine: Engine) -> SqlScorerRegister:
    return SqlScorerRegister(engine)
