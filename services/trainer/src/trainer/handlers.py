"""Stores what consumers receive before it is acknowledged, and erases on request."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ratchet.contract import (
    BaseTried,
    BuiltExample,
    CallServed,
    CancelRequested,
    DecisionMade,
    Delivered,
    Done,
    ExampleRetracted,
    ExperienceScored,
    ForgetRequested,
    Forgotten,
    Later,
    Outcome,
    State,
    TraceCaptured,
    TrainingRequested,
    utc_now,
)
from ratchet.storage import without_forgotten
from trainer.backends.sql.erasure import TrainerErasure
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.prompt_store import SqlPromptStore
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.trial_store import SqlTrialStore
from trainer.domain.runs.champion import ModelEvent

_RUN_ENDS_WITHIN_S = 60.0
_LOOK_S = 0.1


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
        await asyncio.to_thread(self.examples.add_requests, [each.event for each in batch])

    async def handle_models(self, batch: Sequence[Delivered[ModelEvent]], state: State) -> None:
        """Stores model events by id, then passes them to `on_models`."""
        await asyncio.to_thread(self.models.add, batch)
        await asyncio.to_thread(self.on_models, [each.event for each in batch])


async def store_trials(
    store: SqlTrialStore, batch: Sequence[Delivered[BaseTried]], state: State
) -> None:
    """Stores the results of the exporter's trials by their requests."""
    await asyncio.to_thread(store.add_results, batch, utc_now())


async def keep_prompts(
    store: SqlPromptStore, batch: Sequence[Delivered[CallServed]], state: State
) -> None:
    """Stores the prompts that a shadow may ask, by the id of the call."""
    kept = await without_forgotten(state, batch)
    await asyncio.to_thread(store.keep, [each.event for each in kept])


@dataclass(frozen=True)
class RankingHandlers:
    store: SqlRankingStore

    async def handle_rewards(
        self, batch: Sequence[Delivered[ExperienceScored]], state: State
    ) -> None:
        """Stores revisions, each numbered once in the order of arrival."""
        await asyncio.to_thread(self.store.add_scored, await without_forgotten(state, batch))

    async def handle_decisions(
        self, batch: Sequence[Delivered[DecisionMade]], state: State
    ) -> None:
        """Stores decisions until their experiences are scored."""
        await asyncio.to_thread(self.store.add_decisions, batch)


async def erase(erasure: TrainerErasure, request: ForgetRequested) -> Outcome:
    """Cancel the run that trains on the data, then erase; `Later` while the run goes on."""
    until = time.monotonic() + _RUN_ENDS_WITHIN_S
    while run_id := await asyncio.to_thread(erasure.cancel_run, request):
        if time.monotonic() > until:
            return Later(f"run {run_id} trains on data to be erased and has not ended")
        await asyncio.sleep(_LOOK_S)
    erased = await asyncio.to_thread(erasure.erase, request)
    return Done(emits=(Forgotten.answering(request, "trainer", erased),))
