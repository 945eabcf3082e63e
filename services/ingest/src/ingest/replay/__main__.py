"""`python -m ingest.replay`: rebuild rewards and examples, and say whether they are the same."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.archive.places import CannotOpen
from ingest.archive.settings import ArchiveSettings
from ingest.archive.store import ArchiveStore, Corrupt
from ingest.domain.final_state import differences
from ingest.replay.replay import NotEmpty, Replayed, replay
from ingest.replay.rest import NotAtRest
from ingest.replay.reward_process import RewardEnded
from ingest.replay.server import private_server
from ratchet.broker import create_redis

_TROUBLE = (CannotOpen, Corrupt, NotAtRest, NotEmpty, RewardEnded, RedisError, OSError)


def main(
    into: Annotated[str | None, typer.Option(help="An empty server to fill and to keep.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Exit 0 where both hashes are the same, 1 where they differ, 2 where nothing was compared."""
    try:
        found = asyncio.run(_replay(ArchiveSettings(), into))
    except _TROUBLE as error:
        sys.stderr.write(f"nothing was compared: {error}\n")
        raise typer.Exit(2) from error
    told = _told(found)
    sys.stdout.write(json.dumps(told, indent=2) + "\n" if as_json else _lines(told))
    raise typer.Exit(0 if told["equal"] else 1)


async def _replay(settings: ArchiveSettings, into: str | None) -> Replayed:
    store = ArchiveStore(settings.archive_place)
    async with create_redis(settings) as system, _server(into) as url, Redis.from_url(url) as other:
        return await replay(system, store, other, url)


@asynccontextmanager
async def _server(into: str | None) -> AsyncIterator[str]:
    if into is not None:
        yield into
        return
    async with private_server() as url:
        yield url


def _told(found: Replayed) -> dict[str, object]:
    original, replayed = found.original, found.replayed
    return {
        "equal": original.content_hash == replayed.content_hash,
        "events": found.events,
        "original": original.content_hash,
        "replayed": replayed.content_hash,
        "rewards": [len(original.rewards), len(replayed.rewards)],
        "examples": [len(original.examples), len(replayed.examples)],
        "scored_with": [sorted(original.settings), sorted(replayed.settings)],
        "differences": [each._asdict() for each in differences(original, replayed)],
    }


def _lines(told: dict[str, object]) -> str:
    lines = [f"{key:>11}  {value}" for key, value in told.items() if key != "differences"]
    for difference in told["differences"]:  # type: ignore[attr-defined]
        lines.append("{kind}: {many}, such as {ids}".format(**difference))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
