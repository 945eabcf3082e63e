"""The `/status` of the ledger."""

import asyncio
from typing import Any

from ledger.handlers import LedgerHandlers
from ledger.reading import LedgerReader
from ratchet.contract import Unavailable


async def ledger_facts(handlers: LedgerHandlers, reader: LedgerReader) -> dict[str, Any]:
    """Counts as JSON values; `trouble` is None unless events wait for the database."""
    try:
        counts = await asyncio.to_thread(reader.counts)
    except Unavailable as error:
        return {"trouble": str(error), "summary": f"degraded: {error}"}
    trouble = handlers.trouble
    events = sum(counts.events.values())
    summary = f"{events:,} events, {counts.total:,} experiences"
    return {
        "trouble": trouble,
        "events": dict(counts.events),
        "experiences": counts.total,
        "awaited_experiences": counts.awaited,
        "answer_conflicts": counts.conflicting,
        "summary": f"degraded: {trouble}" if trouble else summary,
    }
