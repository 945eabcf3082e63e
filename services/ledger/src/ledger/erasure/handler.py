"""Handles requests to erase questions."""

import asyncio
from collections.abc import Sequence

from ledger.backends.erasure import SqlLedgerErasure
from ratchet.contract import Delivered, Done, ForgetRequested, Forgotten, Outcome, State


class LedgerErasureHandler:
    """Erases what the ledger stores of the questions; the request itself is not stored."""

    def __init__(self, erasure: SqlLedgerErasure) -> None:
        self._erasure = erasure

    async def handle(
        self, batch: Sequence[Delivered[ForgetRequested]], state: State
    ) -> Sequence[Outcome]:
        """One `Forgotten` for each request, in order."""
        return [await self._erase(request) for request, _ in batch]

    async def _erase(self, request: ForgetRequested) -> Done:
        erased = await asyncio.to_thread(self._erasure.forget, request)
        answer = Forgotten.answering(request, "ledger", erased.counts, erased.examples)
        return Done(emits=(answer,))
