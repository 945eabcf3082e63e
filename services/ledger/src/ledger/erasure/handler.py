"""Commands in; what a request to forget asks of the ledger is done here."""

import asyncio
from collections.abc import Sequence

from ledger.handlers import LedgerHandlers
from ledger.ports import LedgerErasure
from ratchet.contract import Done, Event, ForgetRequested, Forgotten, Outcome, State


class CommandHandler:
    """A request to forget is carried out and not kept; every other command is written."""

    def __init__(self, forgetting: LedgerErasure, others: LedgerHandlers) -> None:
        self._forgetting = forgetting
        self._others = others

    async def handle(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`, for batches of one."""
        [command] = batch
        if not isinstance(command, ForgetRequested):
            return await self._others.handle(batch, state)
        erased = await asyncio.to_thread(self._forgetting.forget, command)
        answer = Forgotten.answering(command, "ledger", erased.counts, erased.examples)
        return [Done(emits=(answer,))]
