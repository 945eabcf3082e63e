"""`ratchet`: every command in one place."""

import typer

from ingest.commands import keys
from ratchet.command_line import ending
from ratchet_cli.commands.activation import activate, rollback
from ratchet_cli.commands.backup import backup, restore
from ratchet_cli.commands.bundle import bundle, install
from ratchet_cli.commands.completion import completion
from ratchet_cli.commands.dead import dead
from ratchet_cli.commands.demo import demo
from ratchet_cli.commands.doctor import doctor
from ratchet_cli.commands.forget import forget
from ratchet_cli.commands.import_file import import_file
from ratchet_cli.commands.lineage import lineage
from ratchet_cli.commands.models import models
from ratchet_cli.commands.replay import replay
from ratchet_cli.commands.simulate import simulate
from ratchet_cli.commands.status import status
from ratchet_cli.commands.up import up

main = typer.Typer(
    name="ratchet",
    help="Turns operators' feedback into a better local model, and never into a worse one.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for command in (
    up,
    status,
    doctor,
    models,
    activate,
    rollback,
    bundle,
    install,
    backup,
    restore,
    replay,
    lineage,
    forget,
    simulate,
    demo,
    completion,
):
    main.command()(ending(command))
main.command("import")(ending(import_file))
main.add_typer(dead, name="dead")
main.add_typer(keys, name="keys")
