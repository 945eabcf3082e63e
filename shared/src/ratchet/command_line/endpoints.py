"""Where the services answer that a command talks to, and what the exporter says there."""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from ratchet.command_line.errors import Unreachable
from ratchet.command_line.running_system import read_state

DataDir = Annotated[Path, typer.Option(envvar="RATCHET_DATA_DIR", help="Where `ratchet up` runs.")]
ExporterUrl = Annotated[
    str | None,
    typer.Option(envvar="RATCHET_EXPORTER_URL", help="The exporter, if not the one there."),
]


def address_of(service: str, data_dir: Path, named: str | None, option: str) -> str:
    """The URL `named`, else that of the system in `data_dir`.

    Raises `Unreachable` where none runs there.
    """
    if named is not None:
        if not named.startswith(("http://", "https://")):
            raise typer.BadParameter(
                f"{named!r} is no address; name one such as http://127.0.0.1:8100"
            )
        return named
    ports = read_state(data_dir)
    if ports is None:
        raise Unreachable(
            f"nothing runs in {data_dir}: start it with `ratchet up --data-dir {data_dir}`, "
            f"or name the {service}'s address with {option}"
        )
    return f"http://127.0.0.1:{ports[service]}"


def exporter_facts(response: httpx.Response) -> dict[str, Any]:
    """The facts in an answer to `/status`; raises `ValueError` where no exporter gave it."""
    facts = response.json()
    if not isinstance(facts, dict) or facts.get("service") != "exporter":
        raise ValueError(f"what answers is no exporter: {response.text[:100]}")
    return facts
