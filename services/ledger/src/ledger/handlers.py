"""Handles the events of every stream: each is in the database before it is acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ledger.backends.erasure import SqlLedgerErasure
from ledger.backends.writer import SqlLedger
from ledger.metrics import LedgerMetrics
from ratchet.contract import (
    Delivered,
    Done,
    Event,
    ForgetRequested,
    Forgotten,
    State,
    Stream,
    Unavailable,
    stream_of,
)
from ratchet.storage import without_forgotten


class LedgerHandlers:
    """`trouble` is the error because of which the last batch was not written, or None."""

    def __init__(
        self,
        ledger: SqlLedger,
        metrics: LedgerMetrics,
        pause_s: float,
        before_writing: Callable[[Stream], Awaitable[None]] | None = None,
    ) -> None:
        self.trouble: str | None = None
        self._before_writing = before_writing
        self._ledger = ledger
        self._metrics = metrics
        self._pause_s = pause_s

    async def handle(self, batch: Sequence[Delivered[Event]], state: State) -> None:
        """Write the batch, except events that concern an erased question.

        Raises `Unavailable`; the batch then stays pending.
        """
        accepted = await without_forgotten(state, batch)
        try:
            if self._before_writing is not None and batch:
                await self._before_writing(stream_of(batch[0].event))
            with self._metrics.write_seconds.time():
                new = await asyncio.to_thread(self._ledger.write, accepted)
        except Unavailable as error:
            self.trouble = str(error)
            self._metrics.trouble.set(1)
            # Without the pause, the next batch would be read and fail at once.
            await asyncio.sleep(self._pause_s)
            raise
        self.trouble = None
        self._metrics.wrote(new, len(accepted) - new)


async def erase(erasure: SqlLedgerErasure, request: ForgetRequested) -> Done:
    erased = await asyncio.to_thread(erasure.forget, request)
    answer = Forgotten.answering(request, "ledger", erased.counts, erased.examples)
    return Done(emits=(answer,))
