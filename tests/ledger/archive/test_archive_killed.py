"""After kill -9 at any time, no row is missing and none is duplicated."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ratchet.contract import MODELS

from .aged import archived_ids, archivist, fill_finished, ids_of

VICTIM = Path(__file__).with_name("victim.py")
ASIDE, RENAMED, READ_BACK, TRIMMED = (
    "aside, not renamed",
    "renamed, not read back",
    "read back, not trimmed",
    "trimmed, not logged",
)


@pytest.mark.parametrize(
    ("moment", "survives"),
    [(ASIDE, 0), (ASIDE, 1), (RENAMED, 0), (RENAMED, 2), (READ_BACK, 0), (TRIMMED, 0)],
)
async def test_an_archivist_that_was_killed_continues_after_a_restart(
    redis: Redis, valkey_url: str, tmp_path: Path, moment: str, survives: int
):
    ids = await fill_finished(redis, MODELS, days=12, a_day=3)
    victim = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), valkey_url, str(tmp_path), moment, str(survives)
    )
    assert await victim.wait() == -signal.SIGKILL
    store = ArchiveStore(str(tmp_path))
    covered = {*archived_ids(store, MODELS), *await ids_of(redis, MODELS)}
    assert covered == set(ids), "something was trimmed that is not archived"

    await archivist(redis, store).archive(MODELS)
    assert archived_ids(store, MODELS) + await ids_of(redis, MODELS) == ids
    assert len(store.files("models")) == 5
    assert len(await ids_of(redis, MODELS)) < len(ids)


async def test_concurrent_archivists_write_the_same_files(redis: Redis, tmp_path: Path):
    ids = await fill_finished(redis, MODELS, days=12, a_day=3)
    store = ArchiveStore(str(tmp_path))
    await asyncio.gather(*(archivist(redis, store).archive(MODELS) for _ in range(3)))
    assert archived_ids(store, MODELS) + await ids_of(redis, MODELS) == ids
