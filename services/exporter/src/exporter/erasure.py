"""Handles requests to erase questions: recorded answers of registered models are erased."""

import asyncio
from collections.abc import Sequence

from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import Delivered, Done, ForgetRequested, Forgotten, Later, Outcome, State


class ExporterErasureHandler:
    """Erases the reference answers of models that were trained on erased examples."""

    def __init__(self, records: LocalRegistry) -> None:
        self._records = records

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """One `Forgotten` for each request; `Later` if the disk fails."""
        return [await self._erase(request) for request, _ in batch]

    async def _erase(self, request: ForgetRequested) -> Outcome:
        run_ids = frozenset(request.run_ids)
        try:
            records = await asyncio.to_thread(self._records.erase_answers, run_ids)
        except OSError as error:
            return Later(str(error))
        answer = Forgotten.answering(request, "exporter", {"records": records})
        return Done(emits=(answer,))
