"""Posts the experiences and the feedback of a simulated plant."""

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ratchet.command_line import NoAnswer, Unreachable, api_key_headers, screen
from ratchet_cli.client.post_all import PostedCalls, post_all
from ratchet_text import masked
from simulator import simulate
from simulator.turn import Call, timeline
from simulator.world import LONGEST_PAUSE

_PATIENCE_S = 60.0


async def post_simulation(
    url: str, seed: int, questions: int, answers: int, rate: float | None
) -> dict[str, Any]:
    """Counts and latencies of the calls; raises `Unreachable` if the intake stops responding."""
    # The intake refuses times that are still ahead: the last answer is before now.
    span = max(timedelta(days=30), questions * answers * LONGEST_PAUSE + timedelta(days=1))
    start = datetime.now(UTC).replace(microsecond=0) - span
    calls = timeline(simulate(seed, questions, answers, start=start))
    try:
        return _figures(len(calls), await _post(url, calls, rate))
    except NoAnswer as error:
        raise Unreachable(
            f"{masked(url)} has not responded for {_PATIENCE_S:.0f} s ({error}). Start it with "
            "`ratchet up`, or pass --url."
        ) from error


async def _post(url: str, calls: list[Call], rate: float | None) -> PostedCalls:
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    errors = screen(stderr=True)
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("posting", total=len(calls))
        async with httpx.AsyncClient(
            base_url=url, timeout=10.0, headers=api_key_headers()
        ) as client:
            return await post_all(
                client, calls, rate, lambda _: progress.advance(task), patience_s=_PATIENCE_S
            )


def _figures(calls: int, posted: PostedCalls) -> dict[str, Any]:
    """Latencies in milliseconds, None if nothing was accepted."""
    latencies = sorted(posted.latencies_s)
    p99 = latencies[int(0.99 * (len(latencies) - 1))] if latencies else None
    return {
        "calls": calls,
        "accepted": posted.accepted,
        "refused": posted.rejected,
        "retries": posted.retries,
        "seconds": round(posted.seconds, 3),
        "median_ms": round(statistics.median(latencies) * 1000, 2) if latencies else None,
        "p99_ms": round(p99 * 1000, 2) if p99 is not None else None,
    }
