"""`ratchet repair`: puts back what a Redis that went back in time lost."""

from enum import StrEnum
from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    AsJson,
    DataDir,
    Failed,
    RedisUrl,
    print_json,
    redis_url_of,
    say,
)


class Part(StrEnum):
    """What can be repaired."""

    STREAMS = "streams"


def repair(
    part: Annotated[Part, typer.Argument(help="streams: put back events that Redis lost.")],
    deadline: Annotated[float, typer.Option(min=1, help="Seconds the services may take.")] = 120.0,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put back the events that Redis lost and the ledger has. Run it again as often as you like."""
    url = redis_url_of(data_dir, redis_url)

    import asyncio

    from ledger.repair.streams import REPAIR_ERRORS, restore_streams
    from ledger.settings import LedgerSettings
    from ratchet.settings import read_settings

    settings = read_settings(LedgerSettings, data_dir=data_dir.resolve(), redis_url=url)
    try:
        counts = asyncio.run(restore_streams(settings, deadline))
    except REPAIR_ERRORS as error:
        raise Failed(f"Not everything is repaired: {error}") from error
    if as_json:
        print_json({"restored": counts})
        return
    for name, count in counts.items():
        say(f"{name:>14}  {count} events put back")
    if not counts:
        say("Redis has every event that the ledger has.")
