"""Commands in; what a request to forget asks of the trainer is done here."""

import asyncio
import time
from collections.abc import Sequence

from ratchet.contract import Done, Event, ForgetRequested, Forgotten, Handle, Later, Outcome, State
from trainer.ports import Forgetting

_RUN_ENDS_WITHIN_S = 60.0
_LOOK_S = 0.1


class CommandHandler:
    """Commands of any other kind are `others`'."""

    def __init__(self, forgetting: Forgetting, others: Handle) -> None:
        self._forgetting = forgetting
        self._others = others

    async def handle(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: in order, one after the other."""
        outcomes: list[Outcome] = []
        for command in batch:
            if isinstance(command, ForgetRequested):
                outcomes.append(await self._forget(command))
            else:
                outcomes.extend(await self._others([command], state))
        return outcomes

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
