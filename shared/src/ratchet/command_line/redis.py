"""The Redis that a command uses: the URL that was passed, else that of the embedded system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ratchet.command_line.errors import Failed, Unreachable
from ratchet.command_line.services import require_running

if TYPE_CHECKING:
    from redis.asyncio import Redis


def redis_url_of(data_dir: Path, url: str | None) -> str:
    """`url`, else that of the system in `data_dir`; raises `Unreachable` if none runs there."""
    if url is not None:
        return url
    ports = require_running(data_dir, "pass --redis-url")
    return f"redis://127.0.0.1:{ports['valkey']}/0"


def redis_address(url: str) -> str:
    """Host, port and database of `url`, without user name and password."""
    from ratchet_text import masked

    return masked(url).partition("//")[2].rpartition("@")[2].partition("?")[0]


def redis_client(url: str) -> "Redis":
    """A client that tries each call once, for seconds; raises `typer.BadParameter`."""
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    from ratchet.setting_types import accepted_by_redis
    from ratchet_text import masked

    try:
        return Redis.from_url(
            accepted_by_redis(url),
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=2,
            socket_timeout=10,
        )
    except ValueError:
        # Its message may repeat a part of the password.
        raise typer.BadParameter(
            f"--redis-url: {masked(url)} cannot be read. Pass one such as redis://127.0.0.1:6379/0."
        ) from None


@asynccontextmanager
async def redis_connection(url: str) -> AsyncIterator["Redis"]:
    """A connected client; its errors inside the block end the command with the remedy."""
    from redis.exceptions import ConnectionError as NotConnected
    from redis.exceptions import RedisError
    from redis.exceptions import TimeoutError as TooSlow

    address = redis_address(url)
    async with redis_client(url) as redis:
        try:
            await redis.ping()
            yield redis
        except (NotConnected, TooSlow, OSError) as error:
            raise Unreachable(
                f"Redis at {address} does not respond: {_sentence(error)} Start it, or pass "
                "--redis-url."
            ) from error
        except RedisError as error:
            raise Failed(
                f"Redis at {address} refuses the command: {_sentence(error)} Run `ratchet doctor`."
            ) from error


def _sentence(error: Exception) -> str:
    return f"{str(error).rstrip('.')}."
