"""What the reward service counts."""

from collections import Counter as TallyOf
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from ratchet.events.example import BuiltExample, ExampleRetracted
from ratchet.events.reward import ExperienceScored
from ratchet.events.trace import TraceRequested
from ratchet.outcomes import Done, Outcome
from reward.domain.oddities import Oddity


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
        self.trace_requests = Counter(
            "ratchet_trace_requests_total",
            "Questions a teacher was asked about, by reason: sampled or judged.",
            ("reason",),
            registry=registry,
        )
        self.warnings = Counter(
            "ratchet_reward_warnings_total",
            "Answers by what was odd about them or about what was said of them.",
            ("kind",),
            registry=registry,
        )

    def odd(self, kinds: Iterable[Oddity]) -> None:
        for kind in kinds:
            self.warnings.labels(kind.value).inc()

    def count(self, outcomes: Iterable[Outcome]) -> None:
        examples: TallyOf[tuple[str, str]] = TallyOf()
        for outcome in outcomes:
            for event in outcome.emits if isinstance(outcome, Done) else ():
                if isinstance(event, ExperienceScored):
                    self.rewards.observe(event.total)
                elif isinstance(event, BuiltExample):
                    examples[type(event).__name__.removesuffix("Built").lower(), event.aspect] += 1
                elif isinstance(event, TraceRequested):
                    self.trace_requests.labels(event.reason).inc()
                elif isinstance(event, ExampleRetracted):
                    examples["retracted", ""] += 1
        for (kind, aspect), count in examples.items():
            self.examples.labels(kind, aspect).inc(count)
