"""The `/status` of the ledger."""

import asyncio
from collections.abc import Callable
from typing import Any

from ledger.handlers import LedgerHandlers
from ledger.reading import LedgerReader
from ledger.repair.clock_watch import ClockWatch
from ledger.repair.stream_watch import StreamWatch
from ratchet.contract import Unavailable


async def ledger_facts(
    handlers: LedgerHandlers,
    reader: LedgerReader,
    watch: StreamWatch | None = None,
    incomplete: Callable[[], str | None] = lambda: None,
    clock: ClockWatch | None = None,
) -> dict[str, Any]:
    """Counts as JSON values; `trouble` is None unless events wait or are missing.

    `streams` is there while Redis lacks entries, `clock` after its clock was wrong.
    """
    try:
        counts = await asyncio.to_thread(reader.counts)
        lacking = await watch.problem() if watch is not None else None
    except Unavailable as error:
        return {"trouble": str(error), "summary": f"degraded: {error}"}
    trouble = handlers.trouble or incomplete()
    events = sum(counts.events.values())
    summary = f"{events:,} events, {counts.total:,} experiences"
    return {
        "trouble": trouble,
        "events": dict(counts.events),
        "experiences": counts.total,
        "awaited_experiences": counts.awaited,
        "answer_conflicts": counts.conflicting,
        **({"streams": {"problem": lacking}} if lacking else {}),
        **({"clock": {"problem": clock.problem}} if clock and clock.problem else {}),
        "summary": f"degraded: {trouble}" if trouble else summary,
    }
