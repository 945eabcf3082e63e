"""Handles examples, commands and model events: stores them before they are acknowledged."""

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
from trainer.domain.runs.champion import ModelEvent


def _ignore(events: Sequence[ModelEvent]) -> None:
    """Does nothing."""


@dataclass(frozen=True)
class TrainerHandlers:
    """`on_models` receives model events after they are stored."""

    examples: SqlExampleStore
    requests: SqlExampleStore
    models: SqlModelStore
    on_models: Callable[[Sequence[ModelEvent]], None] = _ignore

    async def handle_examples(
        self, batch: Sequence[BuiltExample | ExampleRetracted | TraceCaptured], state: State
    ) -> Sequence[Outcome]:
        """Store examples by id and revision; a repetition changes nothing."""
        await asyncio.to_thread(self.examples.keep, await without_forgotten(state, batch))
        return [Done()] * len(batch)

    async def handle_commands(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """Store requests and cancellations; ignore the commands to other services."""
        own = [c for c in batch if isinstance(c, TrainingRequested | CancelRequested)]
        await asyncio.to_thread(self.requests.ask, own)
        return [Done()] * len(batch)

    async def handle_models(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """Store the events that decide which adapter is in service; ignore the others."""
        events = [event for event in batch if isinstance(event, ModelEvent)]
        await asyncio.to_thread(self.models.add, events)
        await asyncio.to_thread(self.on_models, events)
        return [Done()] * len(batch)
