"""`ratchet repair`: puts right what a Redis that went back, or a wrong clock, left behind."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from ledger.settings import LedgerSettings


class Part(StrEnum):
    """What can be repaired."""

    STREAMS = "streams"
    CLOCK = "clock"


def repair(
    part: Annotated[
        Part,
        typer.Argument(
            help="streams: put back events that Redis lost. clock: correct times that are ahead."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="clock: correct what is listed.")] = False,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds the services may take.")] = 120.0,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put back lost events, or correct times that are ahead.

    Run it again as often as you like.
    """
    url = redis_url_of(data_dir, redis_url)

    from ledger.settings import LedgerSettings
    from ratchet.settings import read_settings

    settings = read_settings(LedgerSettings, data_dir=data_dir.resolve(), redis_url=url)
    if part is Part.CLOCK:
        _clock(settings, yes, deadline, as_json)
    else:
        _streams(settings, deadline, as_json)


def _streams(settings: "LedgerSettings", deadline: float, as_json: bool) -> None:
    import asyncio

    from ledger.repair.streams import REPAIR_ERRORS, restore_streams

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


def _clock(settings: "LedgerSettings", yes: bool, deadline: float, as_json: bool) -> None:
    import asyncio

    from ledger.repair.clock import CLOCK_ERRORS, find_ahead, repair_clock

    try:
        work = repair_clock(settings, deadline) if yes else find_ahead(settings)
        found = asyncio.run(work)
    except CLOCK_ERRORS as error:
        raise Failed(f"Not everything is repaired: {error}") from error
    if as_json:
        print_json({"repaired": yes, **found.as_json()})
        return
    for name, stream in found.streams.items():
        say(f"{name:>14}  {len(stream.entries)} entries ahead of the clock")
    for count, what in (
        (len(found.files), "archived files with such entries"),
        (found.events, "events of the ledger ahead of the clock"),
        (len(found.expired), "facts whose state expired before its time"),
    ):
        if count:
            say(f"{'':>14}  {count} {what}")
    if found.is_empty:
        say("No stored time is ahead of the clock, and no state is missing.")
    elif yes:
        say("All of this is corrected.")
    else:
        say("Correct it with `ratchet repair clock --yes`. Services may run.")
