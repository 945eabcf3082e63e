"""The `/status` of the ledger."""

import asyncio
from typing import Any

from ledger.handlers import LedgerHandlers
from ledger.reading import LedgerReader
from ratchet.contract import Unavailable


class LedgerStatus:
    """Reports counts of the ledger, and the error that keeps it from writing."""

    def __init__(self, handlers: LedgerHandlers, reader: LedgerReader) -> None:
        self._handlers = handlers
        self._reader = reader

    async def facts(self) -> dict[str, Any]:
        """JSON values; `trouble` is None unless events wait for the database."""
        try:
            counts = await asyncio.to_thread(self._reader.counts)
        except Unavailable as error:
            return {"trouble": str(error), "summary": f"degraded: {error}"}
        trouble = self._handlers.trouble
        events = sum(counts.events.values())
        summary = f"{events:,} events, {counts.total:,} experiences"
        return {
            "trouble": trouble,
            "events": dict(counts.events),
            "experiences": counts.total,
            "awaited_experiences": counts.awaited,
            "summary": f"degraded: {trouble}" if trouble else summary,
        }
