"""`ratchet demo`: the whole loop in one run, with a report and a picture."""

from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import FAILED, AsJson, print_json, say


def demo(
    data_dir: Annotated[
        Path, typer.Option(help="The directory of the demo, which is emptied first.")
    ] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="Port of ingest; the next six are used too.")] = 8150,
    questions: Annotated[int, typer.Option(min=1, help="Number of questions.")] = 200,
    answers: Annotated[int, typer.Option(min=2, help="Answers to each question.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed posts the same data.")] = 7,
    limit_s: Annotated[float, typer.Option(help="Time limit in seconds.")] = 3600,
    as_json: AsJson = False,
) -> None:
    """Run the whole loop once, with a small model.

    Simulated operators ask and rate, the model is trained on their feedback, passes the gates and
    is registered. Exits with 1 if no model was activated.
    """
    from ratchet_cli.demo.loop import run_demo

    result = run_demo(data_dir, port, (seed, questions, answers), limit_s, quiet=as_json)
    if as_json:
        print_json(result)
    if not (result["model"] and result["model"]["active"]):
        say("no model was activated: the table has the reason", err=as_json)
        raise typer.Exit(FAILED)
