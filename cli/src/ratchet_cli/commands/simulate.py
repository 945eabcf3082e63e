"""`ratchet simulate`: the load of a simulated plant, for any intake."""

from enum import StrEnum
from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    FAILED,
    AsJson,
    DataDir,
    print_json,
    say,
)

_SHOWN = 5


class SiteName(StrEnum):
    """The simulated sites; the simulator is imported only when it runs."""

    NUMBERED = "numbered"
    TAGS = "tags"
    GERMAN = "german"
    SPANISH = "spanish"
    MIXED = "mixed"


def simulate(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(envvar="RATCHET_URL", help="The intake, if not the data directory's."),
    ] = None,
    questions: Annotated[int, typer.Option(min=1, help="Number of questions.")] = 100,
    answers: Annotated[int, typer.Option(min=1, help="Answers to each question.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed posts the same data.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests per second; 0 for as fast as possible.")
    ] = 0,
    site: Annotated[
        SiteName, typer.Option(help="How the site names its equipment, and its language.")
    ] = SiteName.NUMBERED,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Post the experiences and the feedback of a simulated plant."""
    import asyncio

    from ratchet_cli.client.intake_address import intake_address
    from ratchet_cli.client.simulation import post_simulation

    intake = intake_address(context, data_dir, url)
    result = asyncio.run(post_simulation(intake, (seed, questions, answers), site, rate or None))
    if as_json:
        print_json(result)
    elif result["accepted"]:
        say(
            f"{result['accepted']} of {result['calls']} accepted in {result['seconds']:.1f} s "
            f"({result['accepted'] / result['seconds']:.0f}/s), median "
            f"{result['median_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms, "
            f"{result['retries']} retries"
        )
    for reason in result["refused"][:_SHOWN]:
        say(f"rejected: {reason}", err=True)
    if result["refused"]:
        raise typer.Exit(FAILED)
