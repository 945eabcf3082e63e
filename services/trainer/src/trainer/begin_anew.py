"""`python -m trainer begin-anew`: an empty trainer.db in place of one that is lost."""

import asyncio
from collections.abc import Sequence

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.command_line import say
from ratchet.contract import CALLS, DECISIONS, EXAMPLES, MODELS, REWARDS, TRACES, Stream
from ratchet.service import create_redis
from ratchet.settings import read_settings
from trainer.backends.sql.database import DATABASE, create_database
from trainer.settings import TrainerSettings

_GROUP = "trainer"
_READ_AGAIN: Sequence[Stream] = (EXAMPLES, TRACES, REWARDS, DECISIONS, MODELS, CALLS)
"""Not the commands: an old request must not start a run."""
_SEEN = f"ratchet:seen:{_GROUP}:*"
_PAGE = 1_000


def begin_anew() -> None:
    """Begin with an empty trainer.db, where it is lost and no backup has it.

    What is still on the streams is read again. Lost are the history of runs, the index of which
    run used whose examples, and what the scorer learned before. Stop the trainer first.
    """
    settings = read_settings(TrainerSettings)
    path = settings.data_dir / DATABASE
    if path.exists():
        say(f"{path} exists. Move it away first: it may be repaired.", err=True)
        raise typer.Exit(1)
    try:
        asyncio.run(_read_again(create_redis(settings)))
    except (RedisError, OSError) as error:
        say(f"Redis: {error}. Start it, and run the command again.", err=True)
        raise typer.Exit(1) from error
    create_database(path).dispose()
    say(f"{path} is new. Start the trainer: it reads again what is on the streams.")


async def _read_again(redis: Redis) -> None:
    async with redis:
        for stream in _READ_AGAIN:
            if not await redis.exists(stream.key):
                continue
            if _GROUP.encode() in {group["name"] for group in await redis.xinfo_groups(stream.key)}:
                await redis.xgroup_setid(stream.key, _GROUP, "0")
        # The marks of events that are done would make the consumer skip them.
        cursor, first = 0, True
        while first or cursor:
            cursor, keys = await redis.scan(cursor, _SEEN, _PAGE)
            first = False
            if keys:
                await redis.unlink(*keys)
