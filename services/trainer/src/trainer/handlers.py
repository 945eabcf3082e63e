"""Examples and requests in; both are durable before they are acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.events.command import TrainingRequested
from ratchet.events.example import BuiltExample, ExampleRetracted
from ratchet.outcomes import Done, Outcome, State
from trainer.ports import ExampleStore, RequestStore


@dataclass(frozen=True)
class TrainerHandlers:
    examples: ExampleStore
    requests: RequestStore

    async def handle_examples(
        self, batch: Sequence[BuiltExample | ExampleRetracted], state: State
    ) -> Sequence[Outcome]:
        """As `ratchet.outcomes.Handle`: kept by id and revision, so twice is once."""
        await asyncio.to_thread(self.examples.keep, batch)
        return [Done()] * len(batch)

    async def handle_commands(
        self, batch: Sequence[TrainingRequested], state: State
    ) -> Sequence[Outcome]:
        """As `ratchet.outcomes.Handle`: a request waits until a run is planned for it."""
        await asyncio.to_thread(self.requests.ask, batch)
        return [Done()] * len(batch)
