"""`ratchet import`: sends a file through the running system and reports on each row."""

from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    FAILED,
    UNREACHABLE,
    AsJson,
    DataDir,
    print_json,
    say,
)


def import_file(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="experience_buffer.json, traces.jsonl, pending_dpo_pairs.json, or such rows "
            "as a JSON array or JSON Lines."
        ),
    ],
    url: Annotated[
        str | None,
        typer.Option(envvar="RATCHET_URL", help="The intake, if not the data directory's."),
    ] = None,
    zone: Annotated[
        str, typer.Option(help="Time zone of times without one, such as Europe/Vienna.")
    ] = "UTC",
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Rows in one request.")] = 100,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Import experiences, traces or pairs from a file.

    A row counts once, however often it is imported. Exits with 1 if a row is refused.
    """
    import asyncio

    from ratchet_cli.client.file_import import import_figures, send_file, show_import
    from ratchet_cli.client.intake_address import intake_address

    intake = intake_address(context, data_dir, url)
    counts, problem = asyncio.run(send_file(file, intake, zone, batch))
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
