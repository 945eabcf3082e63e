"""Stores examples, training requests and model events before they are acknowledged."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.domain.runs.champion import ModelEvent


@dataclass(frozen=True)
class TrainerHandlers:
    """`on_models` receives model events after they are stored.

    `on_left_out` receives how many examples were not stored, by reason.
    """

    examples: SqlExampleStore
    models: SqlModelStore
    on_models: Callable[[Sequence[ModelEvent]], None] = lambda _: None
    on_left_out: Callable[[Mapping[str, int]], None] = lambda _: None

    async def handle_examples(
        self,
        batch: Sequence[Delivered[BuiltExample | ExampleRetracted | TraceCaptured]],
        state: State,
    ) -> None:
        """Stores examples that teach something by id and revision; a repetition has no effect."""
        self.on_left_out(
            await asyncio.to_thread(self.examples.keep, await without_forgotten(state, batch))
        )

    async def handle_requests(
        self, batch: Sequence[Delivered[TrainingRequested | CancelRequested]], state: State
    ) -> None:
        """Stores requests until a run is planned, or until the open run has ended."""
        await asyncio.to_thread(self.examples.add_requests, [request for request, _ in batch])

    async def handle_models(self, batch: Sequence[Delivered[ModelEvent]], state: State) -> None:
        """Stores model events by id, then passes them to `on_models`."""
        await asyncio.to_thread(self.models.add, batch)
        await asyncio.to_thread(self.on_models, [event for event, _ in batch])
