"""`ratchet import`: send a file through the running system, and say what became of each row."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ratchet.command_line import FAILED, UNREACHABLE, AsJson, Failed, api_key_headers, print_json
from ratchet.rows import KINDS, UnreadableFile, open_rows, zone_named
from ratchet_cli.client.importing import Imported, NotAdmitted, StrangeAnswer, import_rows
from ratchet_cli.client.posting import NoAnswer

_PATIENCE_S = 60.0
_SHOWN = 20


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="experience_buffer.json, traces.jsonl, pending_dpo_pairs.json, or such rows "
            "as a JSON array or JSON Lines."
        ),
    ],
    url: Annotated[
        str, typer.Option(envvar="RATCHET_URL", help="The intake to send to.")
    ] = "http://127.0.0.1:8100",
    zone: Annotated[
        str, typer.Option(help="Time zone of times that name none, such as Europe/Vienna.")
    ] = "UTC",
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Rows in one request.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Import experiences, traces or pairs; again is safe: a row counts once."""
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{url!r} is no address; name one such as http://127.0.0.1:8100")
    imported = Imported()
    errors = Console(stderr=True)
    problem: str | None = None
    try:
        found = open_rows(file, zone_named(zone), *KINDS)
    except (UnreadableFile, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    try:
        columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
            task = progress.add_task("importing", total=found.total)

            async def send() -> None:
                async with httpx.AsyncClient(
                    base_url=url, timeout=30.0, headers=api_key_headers()
                ) as client:
                    await import_rows(
                        client,
                        found.kind.path,
                        found.rows,
                        imported,
                        batch,
                        _PATIENCE_S,
                        lambda count: progress.advance(task, count),
                    )

            asyncio.run(send())
    except NotAdmitted as error:
        raise Failed(f"{url} does not admit this: {error}; set RATCHET_API_KEY") from error
    except NoAnswer as error:
        problem = f"{url} gave no answer for {_PATIENCE_S:.0f} s ({error})"
    except StrangeAnswer as error:
        problem = f"what answers at {url} is no intake: {error}"
    if as_json:
        print_json(_figures(imported, zone, problem))
    else:
        _tell(Console(soft_wrap=True, highlight=False), imported, zone)
    if problem:
        typer.echo(
            f"stopped after {imported.sent} rows: {problem}; start it again when the intake is "
            "back, what was sent counts once",
            err=True,
        )
        raise typer.Exit(UNREACHABLE)
    if imported.refused:
        raise typer.Exit(FAILED)


def _figures(imported: Imported, zone: str, problem: str | None) -> dict[str, Any]:
    """`stopped` says why not all rows were read, None where they were."""
    return {
        "read": imported.read,
        "accepted": imported.sent,
        "new": imported.new,
        "already_there": imported.already_there,
        "without_zone": imported.naive,
        "zone": zone,
        "repaired": imported.repaired,
        "repairs": dict(imported.repairs.most_common()),
        "refused": [
            {"row": number, "reason": reason} for number, reason in sorted(imported.refused.items())
        ],
        "stopped": problem,
    }


def _tell(console: Console, imported: Imported, zone: str) -> None:
    console.print(
        f"{imported.read} rows read, {imported.sent} accepted: {imported.new} new, "
        f"{imported.already_there} already there"
    )
    console.print(f"{imported.naive} times without a zone, read as {zone}")
    console.print(f"{imported.repaired} rows repaired")
    for kind, count in imported.repairs.most_common():
        console.print(f"  {count:5}  {kind}", markup=False)
    console.print(f"{len(imported.refused)} rows refused")
    for number, reason in sorted(imported.refused.items())[:_SHOWN]:
        console.print(f"  row {number}: {reason}", markup=False)
    if len(imported.refused) > _SHOWN:
        console.print(f"  and {len(imported.refused) - _SHOWN} more")
