"""Stores examples, training requests and model events before they are acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratchet.contract import (
    BuiltExample,
    CancelRequested,
    Delivered,
    ExampleRetracted,
    State,
    TraceCaptured,
    TrainingRequested,
)
from ratchet.storage import without_forgotten
from trainer.domain.runs.champion import Told
from trainer.ports import ExampleStore, ModelStore, RequestStore


def _nobody(told: Sequence[Told]) -> None:
    """Where nobody wants to hear of models."""


@dataclass(frozen=True)
class TrainerHandlers:
    """`heard` gets what was told of models, once it is kept."""

    examples: ExampleStore
    requests: RequestStore
    models: ModelStore
    heard: Callable[[Sequence[Told]], None] = _nobody

    async def handle_examples(
        self,
        batch: Sequence[Delivered[BuiltExample | ExampleRetracted | TraceCaptured]],
        state: State,
    ) -> None:
        """Stores examples by id and revision, so a repeated one has no effect."""
        await asyncio.to_thread(self.examples.keep, await without_forgotten(state, batch))

    async def handle_requests(
        self, batch: Sequence[Delivered[TrainingRequested | CancelRequested]], state: State
    ) -> None:
        """Stores requests until a run is planned, or until the open run has ended."""
        await asyncio.to_thread(self.requests.ask, [request for request, _ in batch])

    async def handle_models(self, batch: Sequence[Delivered[Told]], state: State) -> None:
        """Stores model events by id, then passes them to `heard`."""
        await asyncio.to_thread(self.models.keep, batch)
        await asyncio.to_thread(self.heard, [event for event, _ in batch])
