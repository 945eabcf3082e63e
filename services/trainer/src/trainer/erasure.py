"""Erases the trainer's data on request, after the run that trains on it has ended."""

import asyncio
import time
from collections.abc import Sequence

from ratchet.contract import Delivered, Done, ForgetRequested, Forgotten, Later, Outcome, State
from trainer.backends.sql.erasure import TrainerErasure

_RUN_ENDS_WITHIN_S = 60.0
_LOOK_S = 0.1


class TrainerErasureHandler:
    """Erases examples, and cancels the run that trains on them."""

    def __init__(self, erasure: TrainerErasure) -> None:
        self._erasure = erasure

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """One `Forgotten` for each request, in order; `Later` while a run still uses examples."""
        return [await self._erase(request) for request, _ in batch]

    async def _erase(self, request: ForgetRequested) -> Outcome:
        until = time.monotonic() + _RUN_ENDS_WITHIN_S
        while run_id := await asyncio.to_thread(self._erasure.cancel_run, request):
            if time.monotonic() > until:
                return Later(f"run {run_id} trains on data to be erased and has not ended")
            await asyncio.sleep(_LOOK_S)
        erased = await asyncio.to_thread(self._erasure.erase, request)
        return Done(emits=(Forgotten.answering(request, "trainer", erased),))
