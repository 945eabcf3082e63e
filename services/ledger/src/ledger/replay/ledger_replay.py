"""The ledger from its first event on: folded anew and compared, or given what it lacks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate, schema_problem
from ledger.backends.snapshot import moment
from ledger.backends.writer import SqlLedger
from ledger.domain.final_state import Difference
from ledger.replay.ledger_events import told
from ledger.replay.stream_ends import last_entries
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream, Unavailable
from ratchet.delivery import group_positions

_GROUP = "ledger"
_REMEDY = "start `python -m ledger`, or have it made anew with --restore-ledger"


@dataclass(frozen=True)
class LedgerReplayed:
    """Hashes and numbers of events of the ledger in service and of the one folded anew.

    `waiting` events are told already, and were not in the ledger when it was looked at.
    """

    original: str
    replayed: str
    events: tuple[int, int]
    waiting: int
    differences: list[Difference]


async def replay_ledger(system: Redis, store: ArchiveStore, url: str) -> LedgerReplayed:
    """Compare the ledger at `url`, as it is now, with one folded from archive and streams.

    All that its group has finished must be in it; of what came later it may have a part, and
    that part is folded. Raises `Unavailable`, `Corrupt`, redis-py's errors and `OSError`.
    """
    unfinished = await _unfinished(system)
    with moment(url) as original, TemporaryDirectory(prefix="ratchet-replay-") as folder:
        ends = await last_entries(system, store)
        rebuilt = f"sqlite:///{Path(folder) / 'ledger.db'}"
        waiting = 0
        with _opened(rebuilt) as ledger:
            async for stream, batch in told(system, store, ends):
                late = {e.event.event_id for e in batch if e.entry_id >= unfinished[stream]}
                missing = late - original.known(late)
                waiting += len(missing)
                ledger.write([e.delivered for e in batch if e.event.event_id not in missing])
        with moment(rebuilt) as replayed:
            hashes = original.content_hash, replayed.content_hash
            same = hashes[0] == hashes[1]
            return LedgerReplayed(
                *hashes,
                events=(original.events, replayed.events),
                waiting=waiting,
                differences=[] if same else original.differences(replayed),
            )


async def restore_ledger(system: Redis, store: ArchiveStore, url: str) -> int:
    """Write to the ledger at `url` what it lacks; returns how many events that were.

    Its service may write beside this. Raises as `replay_ledger`, and `WrongSchema`.
    """
    ends = await last_entries(system, store)
    added = 0
    with _opened(url) as ledger:
        async for _, batch in told(system, store, ends):
            added += ledger.write([each.delivered for each in batch])
    return added


def ensure_readable(url: str) -> None:
    """Raises `Unavailable`, which says what to do."""
    engine = open_for_reading(url)
    try:
        problem = schema_problem(engine)
    except Unavailable as error:
        raise Unavailable(f"{error}; {_REMEDY}") from error
    finally:
        engine.dispose()
    if problem is not None:
        raise Unavailable(problem)


@contextmanager
def _opened(url: str) -> Iterator[SqlLedger]:
    engine = open_for_writing(url)
    try:
        migrate(engine)
        yield SqlLedger(engine)
    finally:
        engine.dispose()


async def _unfinished(system: Redis) -> Mapping[Stream, EntryId]:
    """The entry of each stream that the ledger's group has to finish first."""
    found = dict.fromkeys(STREAMS, BEGINNING)
    for stream in STREAMS:
        for group in await group_positions(system, stream):
            if group.group == _GROUP:
                found[stream] = group.needs
    return found
