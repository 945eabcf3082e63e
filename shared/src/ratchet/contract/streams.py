"""The streams: their events, producers and consumers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter

from ratchet.contract.call import CallServed
from ratchet.contract.command import (
    ActivationRequested,
    CancelRequested,
    RollbackRequested,
    TrainingRequested,
)
from ratchet.contract.erasure import ForgetRequested, Forgotten
from ratchet.contract.event import Event
from ratchet.contract.example import DemonstrationBuilt, ExampleRetracted, LabelBuilt, PairBuilt
from ratchet.contract.experience import ExperienceRecorded, FeedbackReceived
from ratchet.contract.model import (
    ActivationRefused,
    BaseTried,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    ModelRolledBack,
)
from ratchet.contract.ranking_events.decisions import DecisionMade
from ratchet.contract.ranking_events.scorers import ScorerKeptBack, ScorerPublished, ScorerWithdrawn
from ratchet.contract.reward import ExperienceScored
from ratchet.contract.run import (
    BaseTrialRequested,
    CheckpointReady,
    RunFinished,
    RunProgressed,
    RunStarted,
)
from ratchet.contract.trace import TraceCaptured, TraceRequested


@dataclass(frozen=True)
class Stream:
    """`consumers` are services; each reads in a group of its name, or of the name in `called`.

    `optional` groups exist only if their consumer is configured. `tails` read without a group, from
    the newest event of each type in `keeps`.
    """

    name: str
    events: tuple[type[Event], ...]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    called: Mapping[str, str] = field(default_factory=dict, hash=False)
    optional: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    keeps: tuple[type[Event], ...] = ()

    @property
    def key(self) -> str:
        return f"ratchet:{self.name}"

    @property
    def dead_key(self) -> str:
        return f"{self.key}:dead"

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that must finish an entry before it may be trimmed."""
        return tuple(self.called.get(service, service) for service in self.consumers)

    @property
    def required_groups(self) -> tuple[str, ...]:
        """The groups of every installation: while one is missing, nothing may leave the stream."""
        return tuple(group for group in self.groups if group not in self.optional)

    @property
    def union(self) -> Any:
        """The union of the event types, discriminated by `type`."""
        if len(self.events) == 1:
            return self.events[0]
        return Annotated[Union[self.events], Field(discriminator="type")]  # noqa: UP007 -- a runtime tuple

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates one JSON message of this stream; raises `pydantic.ValidationError`."""
        return TypeAdapter(self.union)


EXPERIENCES = Stream(
    "experiences", (ExperienceRecorded,), ("ingest", "gateway"), ("reward", "ledger")
)
FEEDBACK = Stream("feedback", (FeedbackReceived,), ("ingest",), ("reward", "ledger"))
CALLS = Stream("calls", (CallServed,), ("gateway",), ("reward", "trainer", "ledger"))
REWARDS = Stream("rewards", (ExperienceScored,), ("reward",), ("trainer", "ledger"))
DECISIONS = Stream("decisions", (DecisionMade,), ("ingest",), ("trainer", "ledger"))
SCORERS = Stream(
    "scorers",
    (ScorerPublished, ScorerKeptBack, ScorerWithdrawn),
    ("trainer",),
    ("ledger",),
    tails=("ingest",),
    keeps=(ScorerPublished, ScorerWithdrawn),
)
EXAMPLES = Stream(
    "examples",
    (PairBuilt, LabelBuilt, DemonstrationBuilt, ExampleRetracted),
    ("reward", "ingest"),
    ("trainer", "ledger"),
)
TRACE_REQUESTS = Stream(
    "trace-requests",
    (TraceRequested,),
    ("reward",),
    ("trainer", "ledger"),
    called={"trainer": "teacher"},
    optional=("teacher",),
)
TRACES = Stream("traces", (TraceCaptured,), ("ingest", "trainer"), ("trainer", "ledger"))
RUNS = Stream("runs", (RunStarted, RunProgressed, RunFinished), ("trainer",), ("ledger",))
CHECKPOINTS = Stream(
    "checkpoints", (CheckpointReady, BaseTrialRequested), ("trainer",), ("exporter", "ledger")
)
MODELS = Stream(
    "models",
    (ModelRegistered, ModelActivated, ModelRolledBack, ModelRefused, ActivationRefused, BaseTried),
    ("exporter",),
    ("trainer", "ledger"),
)
COMMANDS = Stream(
    "commands",
    (
        TrainingRequested,
        CancelRequested,
        ActivationRequested,
        RollbackRequested,
        ForgetRequested,
    ),
    ("ingest",),
    ("reward", "trainer", "exporter", "ledger"),
    called={"exporter": "activation"},
)
FORGOTTEN = Stream(
    "forgotten", (Forgotten,), ("reward", "trainer", "exporter", "ledger"), ("ledger",)
)

STREAMS = (
    EXPERIENCES,
    FEEDBACK,
    CALLS,
    DECISIONS,
    REWARDS,
    SCORERS,
    EXAMPLES,
    TRACE_REQUESTS,
    TRACES,
    RUNS,
    CHECKPOINTS,
    MODELS,
    COMMANDS,
    FORGOTTEN,
)
_BY_EVENT = {event: stream for stream in STREAMS for event in stream.events}


def stream_of(event: Event) -> Stream:
    """The stream that carries `event`; raises `KeyError` if none does."""
    return _BY_EVENT[type(event)]
