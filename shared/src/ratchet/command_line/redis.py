"""The Redis that a command talks to: the one named, else that of the embedded system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from ratchet.command_line.errors import Failed, Unreachable
from ratchet.command_line.running_system import read_state

RedisUrl = Annotated[
    str | None,
    typer.Option(envvar="RATCHET_REDIS_URL", help="Redis, if not the one of the data directory."),
]


def redis_url_of(data_dir: Path, named: str | None) -> str:
    """The URL `named`, else that of the system in `data_dir`; raises `Unreachable` without one."""
    if named is not None:
        return named
    ports = read_state(data_dir)
    if ports is None:
        raise Unreachable(
            f"nothing runs in {data_dir}: start it with `ratchet up --data-dir {data_dir}`, "
            "or name Redis with --redis-url"
        )
    return f"redis://127.0.0.1:{ports['valkey']}/0"


def place_of(url: str) -> str:
    """`url` without what a secret may be in."""
    return url.rpartition("@")[2].rpartition("//")[2].partition("?")[0]


def client_of(url: str) -> Redis:
    """A client that asks once and is patient for seconds; raises `typer.BadParameter`."""
    try:
        return Redis.from_url(
            url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=2, socket_timeout=10
        )
    except ValueError as error:
        raise typer.BadParameter(
            f"--redis-url: {error}; name one such as redis://127.0.0.1:6379/0"
        ) from error


@asynccontextmanager
async def answering(url: str) -> AsyncIterator[Redis]:
    """A client whose trouble, at any time inside, ends the command with what to do about it."""
    place = place_of(url)
    async with client_of(url) as redis:
        try:
            await redis.ping()
            yield redis
        except (NotConnected, TooSlow, OSError) as error:
            raise Unreachable(
                f"Redis at {place} does not answer: {error}; start it, or name another one "
                "with --redis-url"
            ) from error
        except RedisError as error:
            raise Failed(
                f"Redis at {place} refuses: {error}; `ratchet doctor` says what to mend"
            ) from error
