"""Posts the experiences and the feedback of a simulated plant."""

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ratchet.command_line import Failed, NoAnswer, Unreachable, api_key_headers, screen
from ratchet_cli.client.post_all import PostedCalls, post_all
from ratchet_cli.client.unexpected_response import UnexpectedResponse
from ratchet_cli.client.waiting import PATIENCE_S, Waiting
from simulator import SITES, simulate
from simulator.turn import Call, timeline
from simulator.world import LONGEST_PAUSE


async def post_simulation(
    url: str, plant: tuple[int, int, int], site: str, rate: float | None
) -> dict[str, Any]:
    """Counts and latencies of the calls; `plant` is seed, questions and answers.

    Raises `Unreachable` if the intake stops responding, and `Failed` if it is another program.
    """
    # The intake refuses times that are still ahead: the last answer is before now.
    seed, questions, answers = plant
    span = max(timedelta(days=30), questions * answers * LONGEST_PAUSE + timedelta(days=1))
    start = datetime.now(UTC).replace(microsecond=0) - span
    calls = timeline(simulate(seed, questions, answers, start=start, site=SITES[site]))
    errors = screen(stderr=True)
    waiting = Waiting(errors, url)
    try:
        return _figures(len(calls), await _post(url, calls, rate, errors, waiting))
    except NoAnswer as error:
        remedy = "Run `ratchet doctor`" if error.answered else "Start it with `ratchet up`"
        raise Unreachable(f"{waiting.given_up(error)}. {remedy}, or pass --url.") from error
    except UnexpectedResponse as error:
        raise Failed(f"{waiting.url} is not an intake: {error}. Pass another --url.") from error


async def _post(
    url: str, calls: list[Call], rate: float | None, errors: Console, waiting: Waiting
) -> PostedCalls:
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("posting", total=len(calls))
        async with httpx.AsyncClient(
            base_url=url, timeout=10.0, headers=api_key_headers()
        ) as client:
            return await post_all(
                *(client, calls, rate, lambda _: progress.advance(task)), PATIENCE_S, waiting
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
