"""Handles requests to erase questions."""

import asyncio
import time
from collections.abc import Sequence

from ratchet.contract import Delivered, Done, ForgetRequested, Forgotten, Later, Outcome, State
from trainer.ports import Forgetting

_RUN_ENDS_WITHIN_S = 60.0
_LOOK_S = 0.1


class TrainerErasureHandler:
    """Erases examples, and cancels the run that trains on them."""

    def __init__(self, forgetting: Forgetting) -> None:
        self._forgetting = forgetting

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """One `Forgotten` for each request, in order; `Later` while a run still uses examples."""
        return [await self._forget(request) for request, _ in batch]

    async def _forget(self, request: ForgetRequested) -> Outcome:
        """A run at work on what is to be forgotten is called off, and waited for."""
        until = time.monotonic() + _RUN_ENDS_WITHIN_S
        while run_id := await asyncio.to_thread(self._forgetting.call_off, request):
            if time.monotonic() > until:
                return Later(f"run {run_id} learns from what is to be forgotten and has not ended")
            await asyncio.sleep(_LOOK_S)
        erased = await asyncio.to_thread(self._forgetting.forget, request)
        answer = Forgotten.answering(request, "trainer", erased)
        return Done(emits=(answer,))
