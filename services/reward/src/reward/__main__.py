"""`python -m reward` runs the service; `score` and `examples` process a file, without Redis."""

import typer

from ratchet.service import run
from ratchet.settings import read_settings
from reward.app import create_app
from reward.commands import examples, score
from reward.settings import RewardSettings

main = typer.Typer(
    name="reward",
    help="Without a command: run the service.",
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
)
main.command()(score)
main.command()(examples)


@main.callback()
def serve(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run("reward", read_settings(RewardSettings), create_app)


if __name__ == "__main__":
    main()
