"""`ratchet`: every command in one place."""

import typer

from ratchet.cli.activation import activate, rollback
from ratchet.cli.backup import backup, restore
from ratchet.cli.bundle import bundle, install
from ratchet.cli.completion import completion
from ratchet.cli.dead import dead
from ratchet.cli.demo import demo
from ratchet.cli.doctor import doctor
from ratchet.cli.ending import ending
from ratchet.cli.forget import forget
from ratchet.cli.import_file import import_file
from ratchet.cli.keys import keys
from ratchet.cli.lineage import lineage
from ratchet.cli.models import models
from ratchet.cli.replay import replay
from ratchet.cli.simulate import simulate
from ratchet.cli.status import status
from ratchet.cli.up import up

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
