"""What the reward service counts of what it hears and makes."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from ratchet.events.example import BuiltExample
from ratchet.events.experience import FeedbackReceived
from ratchet.memory_state import MemoryState
from ratchet.outcomes import Done
from ratchet.simulator import simulate
from ratchet.testing.simulated import facts_of
from reward.domain.answered import Policy
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics

START = datetime(2026, 1, 5, tzinfo=UTC)


async def test_each_example_that_feedback_made_tells_how_long_that_took():
    registry = CollectorRegistry()
    handlers = RewardHandlers(Policy(), RewardMetrics(registry))
    state, made = MemoryState(), 0
    for fact in facts_of(simulate(3, questions=6, start=START)):
        outcomes = await handlers.handle([fact], state)
        state.apply(outcomes)
        if isinstance(fact, FeedbackReceived):
            built = [
                event
                for outcome in outcomes
                if isinstance(outcome, Done)
                for event in outcome.emits
                if isinstance(event, BuiltExample)
            ]
            made += len(built)
    assert made
    told = registry.get_sample_value
    assert told("ratchet_feedback_to_example_seconds_count") == made
    scored = told("ratchet_reward_value_count")
    of_ratings = told("ratchet_reward_component_value_count", {"component": "explicit_rating"})
    assert scored == of_ratings
