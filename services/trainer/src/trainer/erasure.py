"""Erases the trainer's data on request, after the run that trains on it has ended."""

import asyncio
import time
from collections.abc import Sequence

from ratchet.contract import Done, Event, ForgetRequested, Forgotten, Handle, Later, Outcome, State
from trainer.backends.sql.erasure import TrainerErasure

_RUN_ENDS_WITHIN_S = 60.0
_LOOK_S = 0.1


class TrainerErasureHandler:
    """Handles `ForgetRequested`; every other command goes to `others`."""

    def __init__(self, erasure: TrainerErasure, others: Handle) -> None:
        self._erasure = erasure
        self._others = others

    async def handle(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """Handle commands in order, one after the other."""
        outcomes: list[Outcome] = []
        for command in batch:
            if isinstance(command, ForgetRequested):
                outcomes.append(await self._erase(command))
            else:
                outcomes.extend(await self._others([command], state))
        return outcomes

    async def _erase(self, request: ForgetRequested) -> Outcome:
        until = time.monotonic() + _RUN_ENDS_WITHIN_S
        while run_id := await asyncio.to_thread(self._erasure.cancel_run, request):
            if time.monotonic() > until:
                return Later(f"run {run_id} trains on data to be erased and has not ended")
            await asyncio.sleep(_LOOK_S)
        erased = await asyncio.to_thread(self._erasure.erase, request)
        return Done(emits=(Forgotten.answering(request, "trainer", erased),))
