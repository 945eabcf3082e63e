"""Handles requests to erase questions: reference answers of registered models are removed."""

import asyncio
from collections.abc import Sequence

from exporter.ports import Told
from ratchet.contract import Delivered, Done, ForgetRequested, Forgotten, Later, Outcome, State


class ExporterErasureHandler:
    """Models that were trained on erased examples lose the answers stored to compare them with."""

    def __init__(self, told: Told) -> None:
        self._told = told

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """One `Forgotten` for each request; `Later` if the disk fails."""
        return [await self._erase(request) for request, _ in batch]

    async def _erase(self, request: ForgetRequested) -> Outcome:
        try:
            records = await asyncio.to_thread(self._told.silence, frozenset(request.run_ids))
        except OSError as error:
            return Later(str(error))
        answer = Forgotten.answering(request, "exporter", {"records": records})
        return Done(emits=(answer,))
