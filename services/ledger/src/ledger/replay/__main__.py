"""`python -m ledger.replay`: rebuild what is derived, and say whether it is the same."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.filesystems import CannotOpen
from ledger.archive.store import ArchiveStore, Corrupt
from ledger.backends.migration import WrongSchema
from ledger.domain.final_state import differences
from ledger.erasure.journal import Journal
from ledger.replay.ledger_replay import (
    LedgerReplayed,
    ensure_readable,
    replay_ledger,
    restore_ledger,
)
from ledger.replay.private_server import private_server
from ledger.replay.quiescence import NotAtRest
from ledger.replay.reward_process import RewardEnded
from ledger.replay.reward_replay import NotEmpty, Replayed, replay
from ledger.settings import LedgerSettings
from ratchet.service import create_redis
from ratchet.settings import read_settings

_TROUBLE = (CannotOpen, Corrupt, NotAtRest, NotEmpty, RewardEnded, WrongSchema, RedisError, OSError)


def main(
    into: Annotated[str | None, typer.Option(help="An empty server to fill and to keep.")] = None,
    restore: Annotated[
        bool, typer.Option("--restore-ledger", help="Write to the ledger what it lacks, first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Exit 0 where the hashes are the same, 1 where they differ, 2 where nothing was compared."""
    try:
        found = asyncio.run(_replay(read_settings(LedgerSettings), into, restore))
    except _TROUBLE as error:
        sys.stderr.write(f"nothing was compared: {error}\n")
        raise typer.Exit(2) from error
    told = _told(found)
    sys.stdout.write(json.dumps(told, indent=2) + "\n" if as_json else _lines(told))
    raise typer.Exit(0 if told["equal"] else 1)


@dataclass(frozen=True)
class Everything:
    """`restored` is how many events the ledger was given, None where nobody asked for that."""

    made: Replayed
    ledger: LedgerReplayed
    restored: int | None


async def _replay(settings: LedgerSettings, into: str | None, restore: bool) -> Everything:
    if Journal(settings.data_dir / "forgetting").unfinished():
        raise NotAtRest("a request to forget is under way: end it with `ratchet forget`")
    store = ArchiveStore(settings.archive_place)
    database = settings.ledger_database
    async with create_redis(settings) as system, _server(into) as url, Redis.from_url(url) as other:
        restored = await restore_ledger(system, store, database) if restore else None
        ensure_readable(database)
        made = await replay(system, store, other, url)
        return Everything(made, await replay_ledger(system, store, database), restored)


@asynccontextmanager
async def _server(into: str | None) -> AsyncIterator[str]:
    if into is not None:
        yield into
        return
    async with private_server() as url:
        yield url


def _told(found: Everything) -> dict[str, object]:
    original, replayed, ledger = found.made.original, found.made.replayed, found.ledger
    differing = [*differences(original, replayed), *ledger.differences]
    made_again = original.content_hash == replayed.content_hash
    return {
        "equal": made_again and ledger.original == ledger.replayed,
        "events": found.made.events,
        "original": original.content_hash,
        "replayed": replayed.content_hash,
        "rewards": [len(original.rewards), len(replayed.rewards)],
        "examples": [len(original.examples), len(replayed.examples)],
        "scored_with": [sorted(original.settings), sorted(replayed.settings)],
        "ledger": ledger.original,
        "ledger_replayed": ledger.replayed,
        "ledger_events": ledger.events,
        "ledger_waiting": ledger.waiting,
        "ledger_restored": found.restored,
        "differences": [each._asdict() for each in differing],
    }


def _lines(told: dict[str, object]) -> str:
    lines = [f"{key:>15}  {value}" for key, value in told.items() if key != "differences"]
    for difference in told["differences"]:  # type: ignore[attr-defined]
        lines.append("{kind}: {many}, such as {ids}".format(**difference))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
