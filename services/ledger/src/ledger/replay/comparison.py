"""Replays one system, which its settings locate, and reports every difference."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.filesystems import InvalidArchiveUrl
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.backends.migration import WrongSchema
from ledger.domain.final_state import differences
from ledger.erasure.journal import ErasureJournal
from ledger.replay.ledger_replay import (
    LedgerComparison,
    ensure_readable,
    replay_ledger,
    restore_ledger,
)
from ledger.replay.private_server import private_server
from ledger.replay.quiescence import NotQuiescent
from ledger.replay.reward_process import RewardStopped
from ledger.replay.reward_replay import ReplayedRewards, ServerNotEmpty, replay_rewards
from ledger.settings import LedgerSettings
from ratchet.command_line import Step
from ratchet.service import create_redis

REPLAY_ERRORS = (
    InvalidArchiveUrl,
    CorruptArchive,
    NotQuiescent,
    ServerNotEmpty,
    RewardStopped,
    WrongSchema,
    RedisError,
    OSError,
)


async def compare(
    settings: LedgerSettings, into: str | None, restore: bool, step: Step
) -> dict[str, object]:
    """Replay into the empty Redis at `into`, or a temporary one; returns JSON values.

    `restore` first writes to the ledger what it lacks. Raises one of `REPLAY_ERRORS`.
    """
    if ErasureJournal(settings.data_dir / "forgetting").unfinished():
        raise NotQuiescent("An erasure is not complete. Complete it with `ratchet forget`.")
    store = ArchiveStore(settings.archive_place)
    database, days = settings.ledger_database, settings.reward_window_days
    async with create_redis(settings) as system, _server(into) as url, Redis.from_url(url) as empty:
        restored = await restore_ledger(system, store, database, days) if restore else None
        ensure_readable(database)
        rewards = await replay_rewards(system, store, empty, url, settings.data_dir, step)
        step("rebuilding and comparing the ledger")
        return _report(rewards, await replay_ledger(system, store, database, days), restored)


@asynccontextmanager
async def _server(into: str | None) -> AsyncIterator[str]:
    if into is not None:
        yield into
        return
    async with private_server() as url:
        yield url


def _report(
    rewards: ReplayedRewards, ledger: LedgerComparison, restored: int | None
) -> dict[str, object]:
    original = rewards.original
    replayed, of_new_rules = rewards.replayed.with_rules_of(original)
    differing = [*differences(original, replayed), *ledger.differences]
    same_results = original.content_hash == replayed.content_hash
    return {
        "equal": same_results and ledger.original == ledger.replayed,
        "events": rewards.events,
        "original": original.content_hash,
        "replayed": replayed.content_hash,
        "rewards": [len(original.rewards), len(replayed.rewards)],
        "examples": [len(original.examples), len(replayed.examples)],
        "of_new_rules": of_new_rules,
        "scored_with": [sorted(original.settings), sorted(replayed.settings)],
        "ledger": ledger.original,
        "ledger_replayed": ledger.replayed,
        "ledger_events": ledger.events,
        "ledger_waiting": ledger.waiting,
        "ledger_restored": restored,
        "differences": [each._asdict() for each in differing],
    }
