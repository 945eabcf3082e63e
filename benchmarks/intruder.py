"""Tries to get past the keys, hosts and limits of an embedded system, with each kind of key.

    python benchmarks/intruder.py [--port 8350]

Starts the whole system in a temporary directory, and prints each attempt with the expected and
the received status. Exits with 1 if one was answered otherwise.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from intrusion.attempt import Outcome
from intrusion.intruder import intrude, intrude_others
from intrusion.model_server import recording_model_server
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import up


async def outcomes(port: int) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as directory, recording_model_server() as reached:
        settings = {"RATCHET_EXPORTER_OLLAMA_URL": "", "RATCHET_GATEWAY_UPSTREAM_URL": reached.url}
        embedded = Embedded(Path(directory) / "data", port, settings)
        async with up(embedded, lambda name, line: None):
            return await asyncio.to_thread(_attempts, embedded)


def _attempts(embedded: Embedded) -> list[Outcome]:
    others = intrude_others(embedded.port_of)
    return [*others, *intrude(embedded.data_dir, embedded.port_of, ("ingest", "gateway"))]


def _statuses(statuses: tuple[int, ...]) -> str:
    return " or ".join(str(status or "closed") for status in statuses)


def main(port: Annotated[int, typer.Option()] = 8350) -> None:
    found = asyncio.run(outcomes(port))
    table = Table("key", "attempt", "on", "expected", "received", title="attempts")
    for outcome in found:
        attempt = outcome.attempt
        received = Text(_statuses(outcome.statuses), style="" if outcome.right else "red")
        name = Text(attempt.name)
        expected = _statuses(attempt.statuses)
        table.add_row(attempt.who, name, attempt.service, expected, received)
    Console(width=120).print(table)
    right = sum(outcome.right for outcome in found)
    print(f"attempts {len(found)}, refused as expected {right}, wrong {len(found) - right}")
    raise typer.Exit(0 if right == len(found) else 1)


if __name__ == "__main__":
    typer.run(main)
