"""`ratchet import`: sends a file through the running system and reports on each row."""

from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import FAILED, UNREACHABLE, AsJson, print_json, require_url, say


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
        str, typer.Option(help="Time zone of times without one, such as Europe/Vienna.")
    ] = "UTC",
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Rows in one request.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Import experiences, traces or pairs from a file.

    A row counts once, however often it is imported. Exits with 1 if a row is refused.
    """
    require_url(url)
    import asyncio

    from ratchet_cli.client.file_import import import_figures, send_file, show_import

    counts, problem = asyncio.run(send_file(file, url, zone, batch))
    if as_json:
        print_json(import_figures(counts, zone, problem))
    else:
        show_import(counts, zone)
    if problem:
        say(
            f"Stopped after {counts.sent} rows: {problem}. Repeat the import when the intake "
            "responds; rows that were sent count once.",
            err=True,
        )
        raise typer.Exit(UNREACHABLE)
    if counts.refused:
        raise typer.Exit(FAILED)
