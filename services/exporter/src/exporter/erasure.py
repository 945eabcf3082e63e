"""Handles `ForgetRequested`: erases recorded answers of models that learned from erased data."""

import asyncio
from collections.abc import Sequence

from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import Done, Event, ForgetRequested, Forgotten, Handle, Later, Outcome, State


class CommandHandler:
    """Passes commands of any other kind to `others`."""

    def __init__(self, records: LocalRegistry, others: Handle) -> None:
        self._records = records
        self._others = others

    async def handle(self, batch: Sequence[Event], state: State) -> Sequence[Outcome]:
        """Implements `ratchet.contract.Handle`, for batches of one."""
        [command] = batch
        if not isinstance(command, ForgetRequested):
            return await self._others(batch, state)
        run_ids = frozenset(command.run_ids)
        try:
            records = await asyncio.to_thread(self._records.erase_answers, run_ids)
        except OSError as error:
            return [Later(str(error))]
        answer = Forgotten.answering(command, "exporter", {"records": records})
        return [Done(emits=(answer,))]
