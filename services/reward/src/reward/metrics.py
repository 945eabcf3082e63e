"""What the reward service counts."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from ratchet.events.example import ExampleRetracted, LabelBuilt, PairBuilt
from ratchet.events.reward import ExperienceScored
from ratchet.outcomes import Done, Outcome


class RewardMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.rewards = Histogram(
            "ratchet_reward_total_value",
            "Total reward of each scored revision.",
            registry=registry,
            buckets=(-1.5, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 1.5, 2),
        )
        self.examples = Counter(
            "ratchet_examples_total",
            "Example events by kind and aspect.",
            ("kind", "aspect"),
            registry=registry,
        )

    def count(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            for event in outcome.emits if isinstance(outcome, Done) else ():
                if isinstance(event, ExperienceScored):
                    self.rewards.observe(event.total)
                elif isinstance(event, PairBuilt | LabelBuilt):
                    kind = "pair" if isinstance(event, PairBuilt) else "label"
                    self.examples.labels(kind, event.aspect).inc()
                elif isinstance(event, ExampleRetracted):
                    self.examples.labels("retracted", "").inc()
