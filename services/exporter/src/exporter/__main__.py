"""`python -m exporter` runs the service; with a command it runs that command instead."""

import typer

from exporter import commands
from exporter.app import create_app
from exporter.settings import ExporterSettings
from ratchet.command_line import command_errors
from ratchet.service import run
from ratchet.settings import read_settings

main = typer.Typer(
    name="exporter",
    help="Without a command: run the service.",
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
)
for command in (commands.bundle, commands.install, commands.compare):
    main.command()(command_errors(command))


@main.callback()
def serve(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run("exporter", read_settings(ExporterSettings), create_app)


if __name__ == "__main__":
    main()
