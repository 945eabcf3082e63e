"""`python -m ledger.lineage NAME`: what the ledger knows a model was made of, or made of what."""

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from pydantic_core import to_json

from ledger.backends.database import open_for_reading
from ledger.reading.reader import SqlLedgerReader
from ledger.settings import LedgerSettings
from ratchet.contract import Unavailable
from ratchet.settings import read_settings

_KNOWN = 5


def main(name: Annotated[str, typer.Argument(help="A version or a query id.")]) -> None:
    """Exit 0 with one JSON object; 1 with the reason on stdout."""
    try:
        reader = SqlLedgerReader(open_for_reading(read_settings(LedgerSettings).ledger_database))
        problem = reader.problem()
        found = None if problem else lineage(reader, name)
    except Unavailable as error:
        problem = str(error)
    if problem:
        sys.stdout.write(f"{problem}\n")
        raise typer.Exit(1)
    if found is None:
        sys.stdout.write(f"{unknown(reader, name)}\n")
        raise typer.Exit(1)
    sys.stdout.buffer.write(to_json(found) + b"\n")


def lineage(reader: SqlLedgerReader, name: str) -> dict[str, Any] | None:
    """None where no model and no experience has that name."""
    model = reader.model(name)
    if model is not None:
        return {"kind": "model", **asdict(model)}
    experience = reader.experience(name)
    if experience is not None:
        return {"kind": "experience", **asdict(experience)}
    return None


def unknown(reader: SqlLedgerReader, name: str) -> str:
    versions = [model.version for model in reader.models(_KNOWN)]
    newest = [experience.query_id for experience in reader.history(_KNOWN)]
    return (
        f"{name}: no model and no experience of that name; the newest models are "
        f"{', '.join(versions) or 'none'}, the newest experiences {', '.join(newest) or 'none'}"
    )


if __name__ == "__main__":
    typer.run(main)
