"""Reads the ledger from an event loop, in a few threads."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ledger.reading.reader import LedgerReader
from ratchet.contract import Unavailable

T = TypeVar("T")
MOST_SHOWN = 2000
"""The most experiences of one page of the Command Center."""
_log = logging.getLogger(__name__)
_WARM_TIMEOUT_S = 2.0
_REMEDY = (
    "Start `python -m ledger` with the RATCHET_DATA_DIR or RATCHET_LEDGER_URL of this service."
)


class AsyncLedger:
    """Runs `at_once` queries at a time; others wait for a thread."""

    def __init__(self, reader: LedgerReader, at_once: int) -> None:
        self._reader = reader
        self._threads = ThreadPoolExecutor(at_once, "ledger")

    async def warm(self) -> None:
        """Run the queries of a page once, so that the first request finds a warm cache."""
        try:
            async with asyncio.timeout(_WARM_TIMEOUT_S):
                await self.read(_page_queries)
        except Unavailable:
            _log.info("GET requests are answered 503 until the ledger has started")
        except TimeoutError:
            _log.warning("the ledger takes more than %s s for the first page", _WARM_TIMEOUT_S)

    async def read(self, query: Callable[[LedgerReader], T]) -> T:
        """The result of `query`, which runs in a thread.

        Raises `Unavailable`, with the remedy, if the ledger cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, query)

    def _run(self, query: Callable[[LedgerReader], T]) -> T:
        try:
            problem = self._reader.problem()
            if problem is None:
                return query(self._reader)
        except Unavailable as error:
            raise Unavailable(f"{error}. {_REMEDY}") from error
        raise Unavailable(problem)


def _page_queries(ledger: LedgerReader) -> None:
    ledger.counts()
    ledger.history(MOST_SHOWN)
    ledger.most_frequent("scenario", 1)
    ledger.last_verdict()
    ledger.runs(1)
    ledger.judged_runs()
    ledger.active_model()
