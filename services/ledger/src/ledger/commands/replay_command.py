"""`ratchet replay`: rebuild rewards, examples and ledger from archive and streams, and compare."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    AsJson,
    DataDir,
    redis_url_of,
    running_ports,
    say,
    steps,
)

_REDIS_URL = "RATCHET_REDIS_URL"
_NOT_COMPARED = 2


def replay(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    into: Annotated[
        str | None,
        typer.Option(
            envvar="RATCHET_REPLAY_URL",
            help="URL of an empty Redis to fill and to keep; - reads it from standard input.",
        ),
    ] = None,
    restore_ledger: Annotated[
        bool,
        typer.Option("--restore-ledger", help="Write to the ledger what it lacks, then compare."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recalculate everything from the records and compare.

    Exit 0: they are equal; 1: they differ; 2: the replay did not run. The reward service runs
    with the settings of this shell: set those that the system has.
    """
    import asyncio

    from ledger.replay.comparison import REPLAY_ERRORS, compare
    from ledger.settings import LedgerSettings
    from ratchet.settings import read_settings

    if into == "-":
        into = sys.stdin.readline().strip()
    redis_url = _redis_url(data_dir)
    settings = read_settings(LedgerSettings, data_dir=data_dir.resolve(), redis_url=redis_url)
    try:
        with steps() as step:
            report = asyncio.run(compare(settings, into, restore_ledger, step))
    except REPLAY_ERRORS as error:
        say(f"The replay did not run: {error}", err=True)
        raise typer.Exit(_NOT_COMPARED) from error
    say(json.dumps(report, indent=2) if as_json else _lines(report))
    raise typer.Exit(0 if report["equal"] else 1)


def _redis_url(data_dir: Path) -> str:
    """The Redis of the system that runs in `data_dir`, else the one of the environment."""
    if running_ports(data_dir) is not None:
        return redis_url_of(data_dir, None)
    if _REDIS_URL not in os.environ:
        say(
            f"No system runs in {data_dir}. Start it with `ratchet up --data-dir {data_dir}`, "
            f"or set {_REDIS_URL}.",
            err=True,
        )
        raise typer.Exit(_NOT_COMPARED)
    return os.environ[_REDIS_URL]


def _lines(report: dict[str, object]) -> str:
    lines = [f"{key:>15}  {value}" for key, value in report.items() if key != "differences"]
    for difference in report["differences"]:  # type: ignore[attr-defined]
        lines.append("{kind}: {many}, such as {ids}".format(**difference))
    return "\n".join(lines)
