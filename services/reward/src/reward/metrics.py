"""Prometheus metrics of the reward service."""

from collections import Counter as TallyOf
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Histogram

from ratchet.contract import (
    BuiltExample,
    Done,
    Event,
    ExampleRetracted,
    ExperienceScored,
    FeedbackReceived,
    Outcome,
    TraceRequested,
)
from reward.domain.answers.warnings import RewardWarning
from reward.domain.calls.joining import JoinOutcome


class RewardMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.rewards = histogram(
            "ratchet_reward_value",
            "Total reward of each scored revision.",
            buckets=(-1.5, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 1.5, 2),
        )
        self.components = histogram(
            "ratchet_reward_component_value",
            "The weighted value of each component of a scored revision.",
            ("component",),
            buckets=(-1, -0.5, -0.1, 0, 0.1, 0.5, 1),
        )
        self.to_example = histogram(
            "ratchet_feedback_to_example_seconds",
            "Seconds from feedback to an example built from it.",
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400),
        )
        self.examples = counter("ratchet_examples_total", "Example events.", ("kind", "aspect"))
        self.trace_requests = counter(
            "ratchet_trace_requests_total",
            "Trace requests: sampled, judged.",
            ("reason",),
        )
        self.follow_ups = counter(
            "ratchet_follow_ups_total",
            "Scored revisions, with the follow-up of their answer.",
            ("kind", "reason"),
        )
        self.warnings = counter(
            "ratchet_reward_warnings_total",
            "Warnings about answers and their feedback.",
            ("kind",),
        )

        self.joins = counter(
            "ratchet_reward_calls_total",
            "Joins of answers to calls.",
            ("outcome",),
        )

    def count_joins(self, outcomes: Iterable[JoinOutcome]) -> None:
        for outcome in outcomes:
            self.joins.labels(outcome).inc()

    def warn(self, kinds: Iterable[RewardWarning]) -> None:
        for kind in kinds:
            self.warnings.labels(kind.value).inc()

    def count(self, batch: Sequence[Event], outcomes: Sequence[Outcome], now: datetime) -> None:
        """Count the events of `outcomes`, which are those of `batch` in its order."""
        examples: TallyOf[tuple[str, str]] = TallyOf()
        for fact, outcome in zip(batch, outcomes, strict=True):
            for event in outcome.emits if isinstance(outcome, Done) else ():
                if isinstance(event, ExperienceScored):
                    self.rewards.observe(event.total)
                    if event.follow_up_reason:
                        followed = (event.follow_up or "none", event.follow_up_reason)
                        self.follow_ups.labels(*followed).inc()
                    for component, value in event.components.items():
                        self.components.labels(component).observe(value)
                elif isinstance(event, BuiltExample):
                    examples[type(event).__name__.removesuffix("Built").lower(), event.aspect] += 1
                    if isinstance(fact, FeedbackReceived):
                        self.to_example.observe((now - fact.occurred_at).total_seconds())
                elif isinstance(event, TraceRequested):
                    self.trace_requests.labels(event.reason).inc()
                elif isinstance(event, ExampleRetracted):
                    examples["retracted", ""] += 1
        for (kind, aspect), count in examples.items():
            self.examples.labels(kind, aspect).inc(count)
