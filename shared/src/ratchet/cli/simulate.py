"""`ratchet simulate`: a plant's operators at work against any intake; the load generator too."""

import asyncio
import statistics
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ratchet.posting import Posted, post_all
from ratchet.simulator import simulate as simulate_plant
from ratchet.simulator.timeline import Call, timeline


def simulate(
    url: Annotated[
        str, typer.Option(envvar="RATCHET_URL", help="The intake to post to.")
    ] = "http://127.0.0.1:8100",
    questions: Annotated[int, typer.Option(min=1, help="Situations asked about.")] = 100,
    answers: Annotated[int, typer.Option(min=1, help="Answers to each question.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed asks and answers the same.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second; 0 is as fast as they are accepted.")
    ] = 0,
) -> None:
    """Post the experiences and the feedback of a simulated plant."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    calls = timeline(simulate_plant(seed, questions, answers, start=start))
    posted = asyncio.run(_post(url, calls, rate or None))
    console = Console()
    if posted.latencies_s:
        latencies = sorted(posted.latencies_s)
        p99 = latencies[int(0.99 * (len(latencies) - 1))]
        console.print(
            f"{posted.accepted} of {len(calls)} accepted in {posted.seconds:.1f} s "
            f"({posted.accepted / posted.seconds:.0f}/s), median "
            f"{statistics.median(latencies) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, "
            f"{posted.retries} retries"
        )
    for reason in posted.rejected[:5]:
        console.print(f"[red]refused[/red] {reason}")
    if posted.rejected:
        raise typer.Exit(1)


async def _post(url: str, calls: list[Call], rate: float | None) -> Posted:
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("posting", total=len(calls))
        async with httpx.AsyncClient(base_url=url, timeout=10.0) as client:
            return await post_all(client, calls, rate, lambda _: progress.advance(task))
