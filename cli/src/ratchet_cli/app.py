"""The `ratchet` program: its commands and those of the services that are installed."""

from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated

import typer

from ratchet.command_line import create_private_files, say
from ratchet_cli.hidden_passwords import hide_passwords
from ratchet_cli.lazy_group import LazyGroup

_GROUP = "ratchet.commands"
"""The entry points by which a service adds its commands."""

_OWN = {
    "up": "ratchet_cli.commands.up:up",
    "stop": "ratchet_cli.commands.stop:stop",
    "logs": "ratchet_cli.commands.logs:logs",
    "status": "ratchet_cli.commands.status:status",
    "doctor": "ratchet_cli.commands.doctor:doctor",
    "backup": "ratchet_cli.commands.backup:backup",
    "restore": "ratchet_cli.commands.backup:restore",
    "simulate": "ratchet_cli.commands.simulate:simulate",
    "demo": "ratchet_cli.commands.demo:demo",
    "completion": "ratchet_cli.commands.completion:completion",
    "import": "ratchet_cli.commands.import_file:import_file",
    "dead": "ratchet_cli.commands.dead:dead",
    "corrections": "ratchet_cli.commands.corrections:corrections",
}
_ORDER = (
    *("up", "stop", "status", "logs", "doctor"),
    *("models", "activate", "rollback", "bundle", "install"),
    *("backup", "restore", "replay", "repair", "lineage", "forget"),
    *("simulate", "demo", "completion", "import", "dead", "corrections", "keys"),
)


def _targets() -> dict[str, EntryPoint]:
    """The program's own commands and those of installed services, in `_ORDER`."""
    targets = {entry.name: entry for entry in entry_points(group=_GROUP)}
    targets |= {name: EntryPoint(name, target, _GROUP) for name, target in _OWN.items()}
    others = sorted(targets.keys() - set(_ORDER))
    return {name: targets[name] for name in (*_ORDER, *others) if name in targets}


class RatchetCommands(LazyGroup):
    """Every command of the program, in the order of `ratchet --help`."""

    targets = _targets()


main = typer.Typer(
    name="ratchet",
    cls=RatchetCommands,
    help="Turns operators' feedback into a better local model, and never into a worse one.",
    no_args_is_help=True,
    # Help with Rich's panels and colors takes twice as long: it imports a Markdown parser.
    rich_markup_mode=None,
    pretty_exceptions_show_locals=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        # Without the local part `+mono`, which keeps an index from serving a namesake.
        say(f"ratchet {version('ratchet-cli').partition('+')[0]}")
        raise typer.Exit


@main.callback()
def ratchet(
    version_: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options of the program itself."""
    hide_passwords()
    create_private_files()
