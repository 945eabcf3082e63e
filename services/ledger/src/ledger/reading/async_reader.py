"""Questions to the ledger from an event loop, a few at a time, each in a thread."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ledger.reading.reader import LedgerReader
from ratchet.contract import Unavailable

T = TypeVar("T")
MOST_SHOWN = 2000
"""Answers that one page may ask for."""
_log = logging.getLogger(__name__)
_PATIENCE_S = 2.0
_REMEDY = "is `python -m ledger` up, with the same RATCHET_DATA_DIR or RATCHET_LEDGER_URL as this?"


class AsyncLedger:
    """`at_once` questions are asked side by side; others wait for their turn."""

    def __init__(self, reader: LedgerReader, at_once: int) -> None:
        self._reader = reader
        self._threads = ThreadPoolExecutor(at_once, "ledger")

    async def warm(self) -> None:
        """Ask what a page asks, so that the first one waits for no disk and no first time."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.read(_first)
        except Unavailable as error:
            _log.warning("nothing can be read yet: %s", error)
        except TimeoutError:
            _log.warning("the ledger takes more than %s s for its newest answers", _PATIENCE_S)

    async def read(self, question: Callable[[LedgerReader], T]) -> T:
        """Raises `Unavailable`, which says what to do, where the ledger cannot be read."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, question)

    def _answer(self, question: Callable[[LedgerReader], T]) -> T:
        try:
            problem = self._reader.problem()
            if problem is None:
                return question(self._reader)
        except Unavailable as error:
            raise Unavailable(f"{error}; {_REMEDY}") from error
        raise Unavailable(problem)


def _first(ledger: LedgerReader) -> None:
    ledger.counts()
    ledger.history(MOST_SHOWN)
    ledger.most_frequent("scenario", 1)
    ledger.last_verdict()
    ledger.runs(1)
    ledger.judged_runs()
    ledger.active_model()
