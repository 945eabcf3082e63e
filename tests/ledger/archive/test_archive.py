"""Old entries move into verified files, and leave the stream only after that."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from redis.asyncio import Redis

from ledger.archive.filesystems import InvalidArchiveUrl
from ledger.archive.parquet import UnreadableParquet, from_parquet, to_parquet
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import (
    COMMANDS,
    MODELS,
    SCORERS,
    STREAMS,
    TRACE_REQUESTS,
    EntryId,
    Evidence,
    ScorerKeptBack,
    ScorerWithdrawn,
    derived_id,
    utc_now,
)
from ratchet.delivery import entry_of
from ratchet_testing.bucket_server import bucket_server

from .aged import (
    DAY_MS,
    TODAY_MS,
    archived_ids,
    archivist,
    command,
    fill,
    fill_finished,
    finish,
    ids_of,
    payload_of,
    put,
)


@pytest.fixture(params=["directory", "memory", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "directory":
        yield str(tmp_path / "archive")
    elif request.param == "memory":
        yield f"memory://{uuid.uuid4()}/archive"
    else:
        with bucket_server() as bucket:
            yield bucket.url


async def test_old_days_move_into_the_archive_and_the_newest_stay(redis: Redis, url: str):
    ids = await fill_finished(redis, MODELS, days=10, a_day=4)
    store = ArchiveStore(url)
    await archivist(redis, store).archive(MODELS)
    left = await ids_of(redis, MODELS)
    assert archived_ids(store, MODELS) + left == ids
    assert EntryId.parse(left[0]).day.isoformat() == "2026-03-13"
    assert [file.first.day.day for file in store.files("models")] == [10, 11, 12]


async def test_a_second_round_writes_nothing_twice(redis: Redis, url: str):
    await fill_finished(redis, MODELS, days=10, a_day=4)
    store = ArchiveStore(url)
    await archivist(redis, store).archive(MODELS)
    files, left = store.files("models"), await ids_of(redis, MODELS)
    await archivist(redis, ArchiveStore(url)).archive(MODELS)
    assert (ArchiveStore(url).files("models"), await ids_of(redis, MODELS)) == (files, left)


async def test_every_payload_is_archived_byte_for_byte(redis: Redis, url: str):
    event = command(1, 20)
    odd = [
        payload_of(event),
        b"\xff\x00 no JSON",
        b"[1e999]",
        b'{"occurred_at": 7, "type": []}',
        b"",
    ]
    for payload in odd:
        await put(redis, MODELS, 20, payload)
    await redis.xadd(
        MODELS.key, {"plain": "fields", "and": "more"}, id=f"{TODAY_MS - 20 * DAY_MS}-99"
    )
    await finish(redis, MODELS)
    store = ArchiveStore(url)
    await archivist(redis, store).archive(MODELS)
    rows = [row.payload for file in store.files("models") for row in store.read(file)]
    assert rows == [*odd, b"plain=fields\nand=more"]
    assert await redis.xlen(MODELS.key) == 0


async def test_files_can_be_queried_by_event_type_and_time(redis: Redis, tmp_path: Path):
    event = command(1, 20)
    entry_id = await put(redis, COMMANDS, 20, payload_of(event))
    await put(redis, COMMANDS, 20, b"nothing")
    store = ArchiveStore(str(tmp_path))
    await archivist(redis, store).archive(COMMANDS)
    [file] = store.files("commands")
    assert pq.read_table(tmp_path / file.path).to_pylist() == [
        {
            "entry_id": entry_id,
            "event_id": event.event_id,
            "type": "TrainingRequested",
            "occurred_at": event.occurred_at,
            "payload": payload_of(event),
        },
        {
            "entry_id": entry_id.replace("-0", "-1"),
            "event_id": None,
            "type": None,
            "occurred_at": None,
            "payload": b"nothing",
        },
    ]


async def test_a_stream_over_its_limit_loses_its_oldest_whole_files(redis: Redis, url: str):
    ids = [await put(redis, MODELS, 0.1 - n / 1000, b"%d" % n) for n in range(57)]
    await finish(redis, MODELS)
    store = ArchiveStore(url)
    await archivist(redis, store, max_entries=20, file_rows=10).archive(MODELS)
    assert await ids_of(redis, MODELS) == ids[30:]
    assert archived_ids(store, MODELS) == ids[:30]


async def test_unacknowledged_entries_are_archived_and_stay_on_the_stream(redis: Redis, url: str):
    ids = await fill(redis, COMMANDS, days=12, a_day=2)
    for group in COMMANDS.groups:
        await redis.xgroup_create(COMMANDS.key, group, id="$")
    await redis.xgroup_setid(COMMANDS.key, COMMANDS.groups[0], "0")
    store = ArchiveStore(url)
    keeper = archivist(redis, store)
    await keeper.archive(COMMANDS)
    assert await ids_of(redis, COMMANDS) == ids, "one group has read nothing"

    await redis.xreadgroup(COMMANDS.groups[0], "slow", {COMMANDS.key: ">"})
    await keeper.archive(COMMANDS)
    assert await ids_of(redis, COMMANDS) == ids, "it has read everything and finished nothing"

    await redis.xack(COMMANDS.key, COMMANDS.groups[0], *ids[:3], *ids[4:])
    await keeper.archive(COMMANDS)
    assert await ids_of(redis, COMMANDS) == ids[ids.index(ids[3]) - 1 :], "its file holds two"
    assert archived_ids(store, COMMANDS)[:4] == ids[:4]


async def test_nothing_is_trimmed_while_a_required_group_is_missing(redis: Redis, url: str):
    ids = await fill(redis, MODELS, days=12, a_day=1)
    await archivist(redis, ArchiveStore(url)).archive(MODELS)
    assert await ids_of(redis, MODELS) == ids
    for group in MODELS.required_groups:
        await redis.xgroup_create(MODELS.key, group, id="$")
    await archivist(redis, ArchiveStore(url)).archive(MODELS)
    assert await ids_of(redis, MODELS) != ids


async def test_requests_for_traces_are_trimmed_where_no_teacher_is_set(redis: Redis, url: str):
    ids = await fill(redis, TRACE_REQUESTS, days=12, a_day=1)
    await redis.xgroup_create(TRACE_REQUESTS.key, "ledger", id="$")
    store = ArchiveStore(url)
    await archivist(redis, store).archive(TRACE_REQUESTS)
    left = await ids_of(redis, TRACE_REQUESTS)
    assert left == ids[-len(left) :]
    assert 7 <= len(left) < len(ids)
    assert archived_ids(store, TRACE_REQUESTS)[: len(ids) - len(left)] == ids[: -len(left)]


async def test_requests_for_traces_wait_for_a_teacher_that_is_set(redis: Redis, url: str):
    ids = await fill(redis, TRACE_REQUESTS, days=12, a_day=1)
    await redis.xgroup_create(TRACE_REQUESTS.key, "ledger", id="$")
    await redis.xgroup_create(TRACE_REQUESTS.key, "teacher", id="0")
    await archivist(redis, ArchiveStore(url)).archive(TRACE_REQUESTS)
    assert await ids_of(redis, TRACE_REQUESTS) == ids


async def test_the_newest_scorer_stays_for_readers_without_a_group(redis: Redis, url: str):
    """A replica of ingest that starts today loads a scorer published months ago."""

    def payload(kind: type[Any], number: int) -> bytes:
        event = kind(
            event_id=derived_id(str(number)),
            occurred_at=utc_now(),
            version=f"s{number}",
            trained_on=1,
            reason="for a test",
            evidence=Evidence(basis="nothing yet"),
        )
        return entry_of(event)[1]["__data__"]

    kinds = [ScorerWithdrawn, ScorerKeptBack, ScorerWithdrawn, ScorerKeptBack, ScorerKeptBack]
    ids = [await put(redis, SCORERS, 60 - n, payload(kind, n)) for n, kind in enumerate(kinds)]
    for group in SCORERS.groups:
        await redis.xgroup_create(SCORERS.key, group, id="$")
    await archivist(redis, ArchiveStore(url)).archive(SCORERS)
    assert await ids_of(redis, SCORERS) == ids[2:]


async def test_dead_letters_are_not_trimmed_at_any_age(redis: Redis, url: str):
    await redis.xadd(COMMANDS.dead_key, {"payload": b"x", "error": "y"}, id="1000-0")
    for stream in STREAMS:
        await archivist(redis, ArchiveStore(url)).archive(stream)
    assert await redis.xlen(COMMANDS.dead_key) == 1


async def test_a_damaged_file_is_reported_and_its_entries_stay(redis: Redis, tmp_path: Path):
    ids = await fill(redis, COMMANDS, days=12, a_day=2)
    store = ArchiveStore(str(tmp_path))
    await archivist(redis, store).archive(COMMANDS)
    for group in COMMANDS.groups:
        await redis.xgroup_create(COMMANDS.key, group, id="$")
    file = store.files("commands")[1]
    content = (tmp_path / file.path).read_bytes()
    (tmp_path / file.path).write_bytes(
        to_parquet([ArchiveRow(file.first, b"{}"), ArchiveRow(file.last, b"{}")])
    )
    assert (tmp_path / file.path).read_bytes() != content
    with pytest.raises(CorruptArchive, match=file.path):
        await archivist(redis, store).archive(COMMANDS)
    assert await ids_of(redis, COMMANDS) == ids

    (tmp_path / file.path).unlink()
    await archivist(redis, store).archive(COMMANDS)
    assert archived_ids(store, COMMANDS) + await ids_of(redis, COMMANDS) == ids


async def test_overlapping_files_are_reported(redis: Redis, tmp_path: Path):
    store = ArchiveStore(str(tmp_path))
    rows = [ArchiveRow(EntryId(1_700_000_000_000, n), b"{}") for n in range(3)]
    first, second = store.write("models", rows[:2]), store.write("models", rows[1:])
    with pytest.raises(CorruptArchive, match=f"{first.path} and {second.path} overlap"):
        store.files("models")


async def test_a_file_with_the_name_of_another_is_reported(tmp_path: Path):
    store = ArchiveStore(str(tmp_path))
    file = store.write("models", [ArchiveRow(EntryId(1_700_000_000_000, 0), b"{}")])
    other = file._replace(last=EntryId(1_700_000_000_001, 0))
    shutil.move(tmp_path / file.path, tmp_path / other.path)
    with pytest.raises(CorruptArchive, match=other.path):
        store.read(other)


async def test_a_round_lists_a_bucket_once_however_many_days_it_holds(redis: Redis):
    await fill_finished(redis, MODELS, days=30, a_day=1)
    with bucket_server() as bucket:
        keeper = archivist(redis, ArchiveStore(bucket.url))
        await keeper.archive(MODELS)
        assert len(bucket.objects) == 22
        before = bucket.lists
        await keeper.archive(MODELS)
        assert bucket.lists - before == 1


def test_a_url_without_an_installed_library_is_rejected_with_the_remedy():
    with pytest.raises(
        InvalidArchiveUrl, match=r"RATCHET_ARCHIVE_URL nowhere://\*\*\*@x cannot be opened"
    ):
        ArchiveStore("nowhere://key:secret@x")


def test_a_changed_byte_is_detected_or_changes_no_row(tmp_path: Path):
    rows = [ArchiveRow(EntryId(1_700_000_000_000, n), payload_of(command(n, 1))) for n in range(20)]
    content = to_parquet(rows)
    found = 0
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 0x11
        try:
            assert from_parquet(bytes(changed)) == rows
        except UnreadableParquet:
            found += 1
    assert found > len(content) / 2
