"""What the commands on dead letters share: their options, and how letters are named."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from redis.asyncio import Redis

from ratchet.command_line import Failed
from ratchet.contract import STREAMS, Stream
from ratchet_cli.dead_letters.buried import Buried
from ratchet_cli.dead_letters.reading import DeadLetters, NoSuchLetter

T = TypeVar("T")


def stream_names(incomplete: str) -> list[str]:
    return [stream.name for stream in STREAMS if stream.name.startswith(incomplete)]


OfStream = Annotated[
    str | None, typer.Option(help="Of this stream alone.", autocompletion=stream_names)
]
Ids = Annotated[
    list[str] | None, typer.Argument(help="Such as feedback/1764000000000-0.", metavar="ID...")
]


def settled(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except NoSuchLetter as error:
        raise Failed(str(error)) from error


def streams_of(name: str | None) -> tuple[Stream, ...]:
    if name is None:
        return STREAMS
    for stream in STREAMS:
        if stream.name == name:
            return (stream,)
    known = ", ".join(stream.name for stream in STREAMS)
    raise typer.BadParameter(f"no stream {name!r}; there are {known}", param_hint="--stream")


async def letters_named(letters: DeadLetters, ids: list[str]) -> AsyncIterator[Buried]:
    """All are looked up before the first is given: a wrong name changes nothing."""
    for buried in [await letters.find(name) for name in dict.fromkeys(ids)]:
        yield buried


async def clock_ms(redis: Redis) -> int:
    """By the clock that gave the entries their ids."""
    client: Any = redis
    seconds, micros = await client.time()
    return int(seconds * 1000 + micros // 1000)
