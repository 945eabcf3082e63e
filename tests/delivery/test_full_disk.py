"""A full disk costs no event whose publication returned, also if the server is killed then."""

import asyncio
import logging
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.contract import (
    FEEDBACK,
    Delivered,
    Done,
    Feedback,
    FeedbackReceived,
    Outcome,
    State,
    utc_now,
)
from ratchet.delivery import Consumer, IdempotencyRecord, NotWritten, Publisher, new_id
from ratchet.processes import is_outage
from ratchet.processes.valkey import valkey_command, wait_until_it_responds
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work
from ratchet_testing.valkey import free_port

CALLERS, FREE = 16, 300_000


@pytest.fixture
def gives_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A publication waits for the file of the server for a tenth of the time."""
    monkeypatch.setattr("ratchet.delivery.batched_append._WRITTEN_WITHIN_S", 0.3)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@contextmanager
def started(disk: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(valkey_command(disk / "valkey", port), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def fill(disk: Path) -> Path:
    """Leaves `FREE` bytes on `disk`."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(file.tell() - FREE)
    return filler


def event(number: int) -> FeedbackReceived:
    feedback = Feedback(
        query_id=f"q-{number}", evaluation_reasoning="x" * (500 + number * 37 % 3000)
    )
    return FeedbackReceived(event_id=new_id(), occurred_at=utc_now(), feedback=feedback)


async def publish_until_full(url: str, by: str) -> set[str]:
    """The ids of the events whose publication returned."""
    confirmed: set[str] = set()
    async with Redis.from_url(url) as redis:
        publisher = Publisher(redis)

        async def one(caller: int) -> None:
            for number in range(caller, 4000, CALLERS):
                sent = event(number)
                named = {sent.event_id} if by == "event id" else set()
                key = IdempotencyRecord(f"answered:{sent.event_id}", "f", 202, "{}")
                record = key if by == "idempotency key" else None
                try:
                    await publisher.publish([sent], named, record)
                except (RedisError, OSError):
                    return
                confirmed.add(sent.event_id)

        await asyncio.gather(*(one(caller) for caller in range(CALLERS)))
    return confirmed


async def stored(url: str) -> set[str]:
    await wait_until_it_responds(url, 10)
    async with Redis.from_url(url) as redis:
        entries = await redis.xrange(FEEDBACK.key)
    ids = [FEEDBACK.adapter.validate_json(fields[b"__data__"]).event_id for _, fields in entries]
    assert len(ids) == len(set(ids))
    return set(ids)


@pytest.mark.usefixtures("gives_up_soon")
@pytest.mark.parametrize("by", ["nothing", "event id", "idempotency key"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_that_ends_while_its_disk_is_full_loses_no_confirmed_event(
    small_disk: Path, by: str, end: signal.Signals
):
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    for _ in range(3):
        with started(small_disk, port) as process:
            await wait_until_it_responds(url, 10)
            filler = fill(small_disk)
            confirmed = await publish_until_full(url, by)
            process.send_signal(end)
            await asyncio.to_thread(process.wait)
        assert confirmed
        filler.unlink()
        with started(small_disk, port):
            assert confirmed - await stored(url) == set()


async def test_an_event_that_the_disk_could_not_take_is_confirmed_once_there_is_room(
    small_disk: Path,
):
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with started(small_disk, port):
        await wait_until_it_responds(url, 10)
        async with Redis.from_url(url) as redis:
            await redis.set("warm", b"1")
            filler = fill(small_disk)
            waiting = asyncio.create_task(Publisher(redis).publish([event(0)] * 1000))

            async def failed() -> bool:
                return (await redis.info("persistence"))["aof_last_write_status"] != "ok"

            await eventually(failed, 2)
            assert not waiting.done()
            filler.unlink()
            assert len(await waiting) == 1000


@pytest.mark.usefixtures("gives_up_soon")
async def test_an_event_that_stays_in_memory_only_is_not_confirmed(small_disk: Path):
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with started(small_disk, port):
        await wait_until_it_responds(url, 10)
        fill(small_disk)
        async with Redis.from_url(url) as redis:
            with pytest.raises(NotWritten, match="make room"):
                await Publisher(redis).publish([event(0)] * 1000)


@pytest.mark.usefixtures("gives_up_soon")
async def test_readers_of_a_full_disk_pause_with_few_log_lines_and_go_on_once_there_is_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    handled: list[str] = []

    async def handle(batch: Sequence[Delivered[FeedbackReceived]], state: State) -> list[Outcome]:
        handled.extend(event.event_id for event, *_ in batch)
        return [Done() for _ in batch]

    consumer = Consumer(FEEDBACK, "test", {FeedbackReceived: handle})
    with started(small_disk, port):
        await wait_until_it_responds(url, 10)
        async with at_work(url, consumer), Redis.from_url(url) as redis:
            filler = fill(small_disk)
            with pytest.raises(NotWritten):
                await Publisher(redis).publish([event(0)] * 1000)

            async def read_in_vain() -> bool:
                return any(is_outage(one.exc_info[1]) for one in caplog.records if one.exc_info)

            await eventually(read_in_vain)
            filler.unlink()
            sent = event(1)

            async def published() -> bool:
                with suppress(RedisError):
                    await Publisher(redis).publish([sent])
                    return True
                return False

            async def received() -> bool:
                return sent.event_id in handled

            await eventually(published)
            await eventually(received, 30)
    assert len(caplog.records) < 30, caplog.text[:5000]
