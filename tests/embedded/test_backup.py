"""`ratchet backup` while a system runs, and `ratchet restore` after its loss."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from subprocess import DEVNULL
from threading import Event
from typing import Any

import httpx
import pytest
import redis
from redis.asyncio import Redis

from ratchet.command_line import STATE_FILE
from ratchet.contract import STREAMS
from ratchet.delivery import DATA_FIELD
from ratchet.storage import bury
from ratchet_cli.backup.copying import restore, take
from ratchet_cli.backup.snapshot import held
from ratchet_cli.client.post_all import post_all
from ratchet_cli.embedded.processes import Embedded
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server
from simulator import simulate
from simulator.timeline import timeline

from .command import ratchet

LIGHT = ("valkey", "ledger", "reward", "ingest")
TURNS = list(
    simulate(5, questions=40, answers_per_question=2, start=datetime(2026, 1, 5, 6, tzinfo=UTC))
)
CALLS = [
    replace(call, body={**call.body, "event_id": f"said-by-producer-{number}"})
    for number, call in enumerate(timeline(TURNS))
]
Entries = dict[str, list[tuple[bytes, bytes]]]


@asynccontextmanager
async def running(data_dir: Path) -> AsyncIterator[tuple[Embedded, Sequence[Process]]]:
    """The embedded system without what loads torch; in the end kill -9 of everything."""
    embedded = Embedded(data_dir, free_port(6), {})
    processes = [
        await asyncio.create_subprocess_exec(
            *spec.command, env={**os.environ, **spec.environment}, stdout=DEVNULL
        )
        for spec in embedded.processes()
        if spec.name in LIGHT
    ]
    (data_dir / STATE_FILE).write_text(json.dumps({"pid": os.getpid(), "ports": embedded.ports}))
    try:
        async with httpx.AsyncClient() as client:

            async def ready() -> bool:
                try:
                    found = [
                        await client.get(f"http://127.0.0.1:{embedded.port_of(name)}/readyz")
                        for name in LIGHT[1:]
                    ]
                except httpx.HTTPError:
                    return False
                return all(answer.status_code == 200 for answer in found)

            await eventually(ready, 30)
        yield embedded, processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            await process.wait()


def backed_up(processes: Sequence[Process], lost: Path, found: Path) -> None:
    kept = found.with_name("kept")
    assert ratchet("backup", kept, "--data-dir", lost)[0] == 0
    assert ratchet("restore", kept, "--data-dir", found)[0] == 0


def frozen_and_copied(processes: Sequence[Process], lost: Path, found: Path) -> None:
    """As volumes are copied of containers that are paused."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    shutil.copytree(lost, found, symlinks=True, ignore=shutil.ignore_patterns(STATE_FILE))
    for process in processes:
        process.send_signal(signal.SIGCONT)


async def entries(redis: Redis) -> Entries:
    return {
        stream.name: [
            (entry_id, fields[DATA_FIELD.encode()])
            for entry_id, fields in await redis.xrange(stream.key)
        ]
        for stream in STREAMS
    }


async def until_at_rest(redis: Redis) -> None:
    """Reward and ledger have taken in everything, and what came of it."""

    async def rests() -> bool:
        for stream in STREAMS:
            for group in await redis.xinfo_groups(stream.key):
                if group["name"] in (b"reward", b"ledger") and (group["lag"] or group["pending"]):
                    return False
        return True

    await eventually(rests, 30)


def in_ledger(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / "ledger.db")) as ledger:
        return [row[0] for row in ledger.execute("SELECT event_id FROM events ORDER BY event_id")]


def told_by(found: Entries) -> list[str]:
    return [json.loads(data)["event_id"] for rows in found.values() for _, data in rows]


async def replayed(data_dir: Path, redis_url: str) -> dict[str, Any]:
    """What comes of the same facts in an empty server, compared with what there is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ledger.replay",
        "--json",
        env={**os.environ, "RATCHET_DATA_DIR": str(data_dir), "RATCHET_REDIS_URL": redis_url},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return dict(json.loads(told))


@pytest.mark.parametrize("kept_by", [backed_up, frozen_and_copied])
async def test_what_was_kept_while_events_flow_goes_on_elsewhere_with_nothing_twice(
    tmp_path: Path, kept_by: Callable[[Sequence[Process], Path, Path], None]
):
    lost, found = tmp_path / "lost", tmp_path / "found"
    async with (
        running(lost) as (embedded, processes),
        Redis.from_url(embedded.redis_url) as redis,
        httpx.AsyncClient(base_url=embedded.url) as client,
    ):
        await bury(redis, ["forgotten"])
        posting = asyncio.create_task(post_all(client, CALLS[:-20], rate=150))

        async def some_are_scored() -> bool:
            return bool(await redis.xlen("ratchet:rewards") > 20)

        await eventually(some_are_scored, 20)
        before = await entries(redis)
        await asyncio.to_thread(kept_by, processes, lost, found)
        await posting
        await post_all(client, CALLS[-20:], rate=None)
        in_the_end = await entries(redis)

    with valkey_server(found / "valkey", free_port()) as url:
        async with Redis.from_url(url) as redis:
            restored = await entries(redis)
    for name, rows in restored.items():
        assert len(before[name]) <= len(rows), f"{name} lacks what was there before the backup"
        assert rows == in_the_end[name][: len(rows)], f"{name} is no moment of what was there"
    assert len(restored["experiences"]) < len(in_the_end["experiences"])

    async with running(found) as (embedded, _), Redis.from_url(embedded.redis_url) as redis:
        await until_at_rest(redis)
        assert in_ledger(found) == sorted(set(told_by(await entries(redis))))
        async with httpx.AsyncClient(base_url=embedded.url) as client:
            forgotten = {**TURNS[0].experience, "query_id": "forgotten"}
            assert (await client.post("/v1/experiences", json=forgotten)).status_code == 422
            assert (await post_all(client, CALLS, rate=None)).rejected == []
        await until_at_rest(redis)
        asked = [
            json.loads(data)["experience"]["query_id"]
            for _, data in (await entries(redis))["experiences"]
        ]
        assert sorted(asked) == sorted(turn.experience["query_id"] for turn in TURNS)
        again = await replayed(found, embedded.redis_url)
        assert again["equal"], again


def test_a_database_is_never_older_than_the_server_that_calls_its_work_done(tmp_path: Path):
    """A writer commits each number, then tells the server so, as every service does.

    There are files enough to link that it goes on for a while between the two.
    """
    system, kept, found = tmp_path / "a", tmp_path / "kept", tmp_path / "b"
    for number in range(2_000):
        file = system / f"{number % 20}/{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"weights")
    port, stop, written = free_port(), Event(), Event()

    def write(url: str) -> None:
        with (
            closing(sqlite3.connect(system / "trainer.db", timeout=30)) as database,
            redis.Redis.from_url(url) as server,
        ):
            database.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE n (n)"
            )
            for number in count():
                database.execute("INSERT INTO n VALUES (?)", (number,))
                database.commit()
                server.set("n", number)
                written.set()
                if stop.is_set():
                    return

    with valkey_server(system / "valkey", port) as url, ThreadPoolExecutor() as threads:
        writing = threads.submit(write, url)
        try:
            assert written.wait(10)
            with redis.Redis.from_url(url) as server, held(system, server) as moment:
                take(moment, kept)
        finally:
            stop.set()
        writing.result()
    restore(kept, found)
    with (
        valkey_server(found / "valkey", port) as url,
        redis.Redis.from_url(url) as server,
        closing(sqlite3.connect(found / "trainer.db")) as database,
    ):
        [committed] = database.execute("SELECT max(n) FROM n").fetchone()
        assert int(server.get("n") or 0) <= committed <= int(server.get("n") or 0) + 1
