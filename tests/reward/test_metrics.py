"""The metrics of the reward service."""

from collections import Counter
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from ratchet.contract import (
    BuiltExample,
    Delivered,
    Done,
    ExampleRetracted,
    ExperienceScored,
    FeedbackReceived,
)
from ratchet_testing.simulated_facts import facts_of
from reward.domain.scoring.weights import RewardWeights
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from simulator import simulate

START = datetime(2026, 1, 5, tzinfo=UTC)


async def test_the_latency_from_feedback_to_example_is_observed():
    registry = CollectorRegistry()
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(registry))
    state, made = MemoryState(), 0
    for fact in facts_of(simulate(3, questions=6, start=START)):
        outcomes = await handlers.handle([Delivered.of(fact)], state)
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
    sample = registry.get_sample_value
    assert sample("ratchet_feedback_to_example_seconds_count") == made
    scored = sample("ratchet_reward_value_count")
    of_ratings = sample("ratchet_reward_component_value_count", {"component": "explicit_rating"})
    assert scored == of_ratings


async def test_examples_and_reward_components_are_counted():
    registry = CollectorRegistry()
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(registry))
    state = MemoryState()
    examples: Counter[tuple[str, str]] = Counter()
    components: Counter[str] = Counter()
    for fact in facts_of(simulate(3, questions=20, start=START)):
        for event in state.apply(await handlers.handle([Delivered.of(fact)], state)):
            if isinstance(event, ExperienceScored):
                components.update(event.components.keys())
            elif isinstance(event, ExampleRetracted):
                examples["retracted", ""] += 1
            elif isinstance(event, BuiltExample):
                examples[type(event).__name__.removesuffix("Built").lower(), event.aspect] += 1
    sample = registry.get_sample_value
    assert {kind for kind, _ in examples} == {"pair", "label", "retracted"}
    assert set(components) == set(RewardWeights.model_fields)
    for (kind, aspect), count in examples.items():
        assert sample("ratchet_examples_total", {"kind": kind, "aspect": aspect}) == count
    for component, count in components.items():
        labels = {"component": component}
        assert sample("ratchet_reward_component_value_count", labels) == count
