"""`ratchet simulate`: the load of a simulated plant, for any intake."""

from typing import Annotated

import typer

from ratchet.command_line import FAILED, AsJson, print_json, require_url, say

_SHOWN = 5


def simulate(
    url: Annotated[
        str, typer.Option(envvar="RATCHET_URL", help="The intake to post to.")
    ] = "http://127.0.0.1:8100",
    questions: Annotated[int, typer.Option(min=1, help="Number of questions.")] = 100,
    answers: Annotated[int, typer.Option(min=1, help="Answers to each question.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed posts the same data.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests per second; 0 for as fast as possible.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Post the experiences and the feedback of a simulated plant."""
    require_url(url)
    import asyncio

    from ratchet_cli.client.simulation import post_simulation

    result = asyncio.run(post_simulation(url, seed, questions, answers, rate or None))
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
