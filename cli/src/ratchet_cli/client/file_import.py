"""Imports a file through the intake and shows the progress."""

from pathlib import Path
from typing import Any

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ratchet.command_line import Failed, NoAnswer, api_key_headers, screen
from ratchet_cli.client.importing import (
    ApiKeyRejected,
    ImportCounts,
    accept_no_plans,
    import_rows,
)
from ratchet_cli.client.unexpected_response import UnexpectedResponse
from ratchet_cli.client.waiting import PATIENCE_S, Waiting
from ratchet_rows import KINDS, UnreadableFile, open_rows, zone_named
from ratchet_text import masked

_SHOWN = 20


async def send_file(file: Path, url: str, zone: str, batch: int) -> tuple[ImportCounts, str | None]:
    """The counts, and the reason if the import stopped early.

    Raises `typer.BadParameter` if the file or the zone cannot be read, and `Failed` if the intake
    denies access.
    """
    try:
        opened = open_rows(file, zone_named(zone), *KINDS)
    except (UnreadableFile, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    counts, problem, shown = ImportCounts(), None, masked(url)
    errors = screen(stderr=True)
    waiting = Waiting(errors, url)
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("importing", total=opened.total)
        async with httpx.AsyncClient(
            base_url=url, timeout=30.0, headers=api_key_headers()
        ) as client:
            try:
                await import_rows(
                    client,
                    opened.kind.path,
                    opened.rows,
                    counts,
                    batch,
                    PATIENCE_S,
                    lambda count: progress.advance(task, count),
                    waiting,
                )
            except ApiKeyRejected as error:
                raise Failed(f"{shown} denies access: {error}. Set RATCHET_API_KEY.") from error
            except NoAnswer as error:
                problem = waiting.given_up(error)
            except UnexpectedResponse as error:
                problem = f"{shown} is not an intake: {error}"
    accept_no_plans(counts)
    return counts, problem


def import_figures(counts: ImportCounts, zone: str, problem: str | None) -> dict[str, Any]:
    """`stopped` is the reason if not all rows were read, else None."""
    return {
        "read": counts.read,
        "accepted": counts.sent,
        "new": counts.new,
        "already_there": counts.already_there,
        "without_zone": counts.naive,
        "zone": zone,
        "repaired": counts.repaired,
        "repairs": dict(counts.repairs.most_common()),
        "refused": [
            {"row": number, "reason": reason} for number, reason in sorted(counts.refused.items())
        ],
        "stopped": problem,
    }


def show_import(counts: ImportCounts, zone: str) -> None:
    """Print the figures, and the first refused rows."""
    console = screen(soft_wrap=True, highlight=False)
    console.print(
        f"{counts.read} rows read, {counts.sent} accepted: {counts.new} new, "
        f"{counts.already_there} already there"
    )
    console.print(f"{counts.naive} times without a zone, read as {zone}")
    console.print(f"{counts.repaired} rows repaired")
    for kind, count in counts.repairs.most_common():
        console.print(f"  {count:5}  {kind}")
    console.print(f"{len(counts.refused)} rows refused")
    for number, reason in sorted(counts.refused.items())[:_SHOWN]:
        console.print(f"  row {number}: {reason}")
    if len(counts.refused) > _SHOWN:
        console.print(f"  and {len(counts.refused) - _SHOWN} more")
