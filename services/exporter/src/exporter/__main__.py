"""`python -m exporter` runs the service; with a command it runs that command instead."""

from exporter import commands
from exporter.app import create_app
from exporter.settings import ExporterSettings
from ratchet.command_line import command_errors
from ratchet.service import program

_COMMANDS = (
    *(commands.bundle, commands.install, commands.keys, commands.certify),
    *(commands.compare, commands.trial, commands.answer),
)

main = program(
    "exporter", ExporterSettings, create_app, [command_errors(command) for command in _COMMANDS]
)

if __name__ == "__main__":
    main()
