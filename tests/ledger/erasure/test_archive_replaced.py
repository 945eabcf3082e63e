"""A replaced archive file is whole before and after, and recovered after a kill at any step."""

import pytest
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.domain.erasure import Subject
from ledger.erasure.streams import redact_archive
from ratchet.contract import TRACES, EntryId

ROWS = [
    ArchiveRow(EntryId(1_774_000_000_000 + n, 0), b'{"type":"TraceRequested","query_id":"q%d"}' % n)
    for n in range(6)
]
LEFT = [ROWS[1], *ROWS[3:]]
SUBJECT = Subject(query_ids={"q0", "q2"})


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> ArchiveStore:
    store = ArchiveStore(str(tmp_path_factory.mktemp("archive")))
    store.write("traces", ROWS)
    return store


def rows(store: ArchiveStore) -> list[ArchiveRow]:
    return [row for file in store.files("traces") for row in store.read(file)]


async def test_erased_rows_are_gone_and_the_others_are_unchanged(redis: Redis, store: ArchiveStore):
    assert await redact_archive(redis, store, TRACES, SUBJECT) == 2
    assert rows(store) == LEFT
    assert await redact_archive(redis, store, TRACES, SUBJECT) == 0


async def test_a_file_without_rows_is_removed(redis: Redis, store: ArchiveStore):
    await redact_archive(redis, store, TRACES, Subject(query_ids={f"q{n}" for n in range(6)}))
    assert store.files("traces") == []


@pytest.mark.parametrize("step", ["_remove", "_commit"])
async def test_an_erasure_that_was_killed_loses_no_row_and_can_be_repeated(
    redis: Redis, store: ArchiveStore, step: str, monkeypatch: pytest.MonkeyPatch
):
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(store, step, die)
        with pytest.raises(Killed):
            await redact_archive(redis, store, TRACES, SUBJECT)
    store.files("traces")
    assert store.needs_recovery("traces")
    store.recover("traces")
    assert rows(store) in (ROWS, LEFT)
    await redact_archive(redis, store, TRACES, SUBJECT)
    assert rows(store) == LEFT
    assert not store.needs_recovery("traces")
