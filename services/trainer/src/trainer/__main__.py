"""`python -m trainer` runs the service; `evaluate-ranking` evaluates what it learned."""

import typer

from ratchet.service import run
from ratchet.settings import read_settings
from trainer.app import create_app
from trainer.scorer.command import evaluate_ranking
from trainer.settings import TrainerSettings

main = typer.Typer(
    name="trainer",
    help="Without a command: run the service.",
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
)
main.command()(evaluate_ranking)


@main.callback()
def serve(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run("trainer", read_settings(TrainerSettings), create_app)


if __name__ == "__main__":
    main()
