"""What was stated under a clock that was ahead gives way to what a person states now."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from ratchet.contract import (
    Delivered,
    Event,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
)
from reward.domain.state.state_keys import answer_key
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
YEAR = timedelta(days=365)


class Reward:
    """The reward service with a clock that can be set."""

    def __init__(self) -> None:
        self.now, self.state, self.rating = NOW, MemoryState(), ""
        registry = CollectorRegistry()
        self.handlers = RewardHandlers(
            RewardSettings().reward_policy, RewardMetrics(registry), lambda: self.now
        )

    def handle(self, fact: Any) -> list[Event]:
        delivered = Delivered.of(fact)
        outcomes = asyncio.run(self.handlers.handle([delivered], self.state))
        events = list(self.state.apply(outcomes))
        for event in events:
            if isinstance(event, ExperienceScored):
                self.rating = event.rating or ""
        return events

    def answer(self, at: datetime, text: str = "Pump 1 draws 45 kW.") -> list[Event]:
        said = Experience(query_id="q-1", timestamp=at, voice_response=text)
        name = f"answer-{at:%Y}"
        return self.handle(ExperienceRecorded(event_id=name, occurred_at=at, experience=said))

    def rate(self, rating: Any, at: datetime) -> list[Event]:
        body = Feedback(query_id="q-1", rating=rating)
        name = f"rated-{rating}-{at:%y}"
        return self.handle(FeedbackReceived(event_id=name, occurred_at=at, feedback=body))


def test_a_rating_given_now_replaces_one_from_the_future():
    reward = Reward()
    reward.now = NOW + YEAR + timedelta(hours=1)
    reward.answer(NOW + YEAR)
    reward.rate("up", reward.now)
    assert reward.rating == "up"
    reward.now = NOW
    reward.rate("down", NOW)
    assert reward.rating == "down"
    assert reward.rate("up", NOW + timedelta(seconds=1))
    assert reward.rating == "up"


def test_an_answer_that_arrived_in_the_future_stays_the_first_one():
    reward = Reward()
    reward.answer(NOW + YEAR)
    reward.answer(NOW, "Pump 1 draws 99 kW.")
    facts = json.loads(reward.state.values[answer_key("q-1")])["facts"]
    assert "Pump 1 draws 45 kW." in facts["answer"].values()


def test_feedback_that_waited_from_the_future_gives_way_too():
    reward = Reward()
    reward.rate("up", NOW + YEAR)
    reward.rate("down", NOW)
    reward.answer(NOW - timedelta(minutes=1))
    assert reward.rating == "down"


def test_a_rating_within_the_tolerance_keeps_its_time():
    reward = Reward()
    reward.answer(NOW)
    reward.rate("up", NOW + timedelta(seconds=200))
    reward.rate("down", NOW + timedelta(seconds=100))
    assert reward.rating == "up"
