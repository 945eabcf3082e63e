"""Examples, requests and what became of models in; durable before they are acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratchet.contract import (
    BuiltExample,
    CancelRequested,
    Done,
    Event,
    ExampleRetracted,
    Outcome,
    State,
    TraceCaptured,
    TrainingRequested,
)
from ratchet.storage import without_forgotten
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.domain.runs.champion import Told


def _nobody(told: Sequence[Told]) -> None:
    """Where nobody wants to hear of models."""


@dataclass(frozen=True)
class TrainerHandlers:
    """`heard` gets what was told of models, once it is kept."""

    examples: SqlExampleStore
    requests: SqlExampleStore
    models: SqlModelStore
    heard: Callable[[Sequence[Told]], None] = _nobody

    async def handle_examples(
        self, batch: Sequence[BuiltExample | ExampleRetracted | TraceCaptured], state: State
    ) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: kept by id and revision, so twice is once."""
        await asyncio.to_thread(self.examples.keep, await without_forgotten(state, batch))
        return [Done()] * len(batch)

    async def handle_commands(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: kept until a run is planned, or the open one has ended.

        Commands to another service are none of the trainer's.
        """
        own = [asked for asked in batch if isinstance(asked, TrainingRequested | CancelRequested)]
        await asyncio.to_thread(self.requests.ask, own)
        return [Done()] * len(batch)

    async def handle_models(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: kept by id; what moved no alias has no bearing."""
        told = [event for event in batch if isinstance(event, Told)]
        await asyncio.to_thread(self.models.keep, told)
        await asyncio.to_thread(self.heard, told)
        return [Done()] * len(batch)
