"""What the ledger's process tells about itself."""

import asyncio
from typing import Any

from ledger.handlers import LedgerHandlers
from ledger.reading import LedgerReader
from ratchet.contract import Unavailable


class LedgerStatus:
    def __init__(self, handlers: LedgerHandlers, reader: LedgerReader) -> None:
        self._handlers = handlers
        self._reader = reader

    async def facts(self) -> dict[str, Any]:
        """`trouble` is None unless events wait for the database."""
        try:
            counts = await asyncio.to_thread(self._reader.counts)
        except Unavailable as error:
            return {"trouble": str(error), "summary": f"degraded: {error}"}
        trouble = self._handlers.trouble
        events = sum(counts.events.values())
        held = f"{events:,} events, {counts.total:,} experiences"
        return {
            "trouble": trouble,
            "events": dict(counts.events),
            "experiences": counts.total,
            "awaited_experiences": counts.awaited,
            "summary": f"degraded: {trouble}" if trouble else held,
        }
