"""`python -m exporter` runs the service; `bundle` and `install` carry a model to another plant.

`compare` asks another server for the same answers.
"""

from pathlib import Path
from typing import Annotated

import typer

from exporter.app import create_app
from exporter.registry.compare import compare
from exporter.settings import ExporterSettings
from ratchet.service import run
from ratchet.settings import read_settings

main = typer.Typer(
    name="exporter",
    help="Without a command: run the service.",
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
)
main.command()(compare)


@main.callback()
def serve(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run("exporter", read_settings(ExporterSettings), create_app)


@main.command()
def bundle(
    version: Annotated[str, typer.Argument(help="A registered version, or `latest`.")],
    out: Annotated[
        Path | None, typer.Option(help="The file; by default in <data-dir>/bundles.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write one signed file with a registered version and all that vouches for it."""
    from exporter.bundle import command  # loads cryptography and CycloneDX: not for the service

    command.bundle(version, out, as_json)


@main.command()
def install(
    file: Annotated[Path, typer.Argument(help="A bundle.", exists=True, dir_okay=False)],
    trust: Annotated[
        Path | None,
        typer.Option(help="A public key (PEM) to trust this once.", exists=True, dir_okay=False),
    ] = None,
    activate: Annotated[bool, typer.Option(help="Serve it from now on.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify a bundle, then register it; one that is refused changes nothing."""
    from exporter.bundle import command

    command.install(file, trust, activate, as_json)


if __name__ == "__main__":
    main()
