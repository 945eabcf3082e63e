"""`ratchet simulate`: a plant's operators at work against any intake; the load generator too."""

import asyncio
import statistics
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ratchet.command_line import FAILED, AsJson, Unreachable, api_key_headers, print_json
from ratchet_cli.client.posting import NoAnswer, Posted, post_all
from simulator import simulate as simulate_plant
from simulator.timeline import Call, timeline

_PATIENCE_S = 60.0
_SHOWN = 5


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
    as_json: AsJson = False,
) -> None:
    """Post the experiences and the feedback of a simulated plant."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    calls = timeline(simulate_plant(seed, questions, answers, start=start))
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{url!r} is no address; name one such as http://127.0.0.1:8100")
    try:
        posted = asyncio.run(_post(url, calls, rate or None))
    except NoAnswer as error:
        raise Unreachable(
            f"{url} gave no answer for {_PATIENCE_S:.0f} s ({error}); start it with `ratchet up`, "
            "or name another with --url"
        ) from error
    found = _figures(len(calls), posted)
    if as_json:
        print_json(found)
    else:
        _show(found)
    for reason in posted.rejected[:_SHOWN]:
        typer.echo(f"refused: {reason}", err=True)
    if posted.rejected:
        raise typer.Exit(FAILED)


def _figures(calls: int, posted: Posted) -> dict[str, Any]:
    """Latencies in milliseconds, None where nothing was accepted."""
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


def _show(found: dict[str, Any]) -> None:
    if found["accepted"]:
        typer.echo(
            f"{found['accepted']} of {found['calls']} accepted in {found['seconds']:.1f} s "
            f"({found['accepted'] / found['seconds']:.0f}/s), median {found['median_ms']:.1f} ms, "
            f"p99 {found['p99_ms']:.1f} ms, {found['retries']} retries"
        )


async def _post(url: str, calls: list[Call], rate: float | None) -> Posted:
    columns = (TextColumn("posting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("posting", total=len(calls))
        async with httpx.AsyncClient(
            base_url=url, timeout=10.0, headers=api_key_headers()
        ) as client:
            return await post_all(
                client, calls, rate, lambda _: progress.advance(task), patience_s=_PATIENCE_S
            )
