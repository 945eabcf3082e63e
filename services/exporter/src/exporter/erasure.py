"""Commands in; what a request to forget asks of registered models is done here."""

import asyncio
from collections.abc import Sequence

from exporter.ports import Told
from ratchet.contract import Done, Event, ForgetRequested, Forgotten, Handle, Later, Outcome, State


class CommandHandler:
    """Models that learnt from what is forgotten lose the answers kept to compare them by.

    Commands of any other kind are `others`'.
    """

    def __init__(self, told: Told, others: Handle) -> None:
        self._told = told
        self._others = others

    async def handle(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`, for batches of one."""
        [command] = batch
        if not isinstance(command, ForgetRequested):
            return await self._others(batch, state)
        try:
            records = await asyncio.to_thread(self._told.silence, frozenset(command.run_ids))
        except OSError as error:
            return [Later(str(error))]
        answer = Forgotten.answering(command, "exporter", {"records": records})
        return [Done(emits=(answer,))]
