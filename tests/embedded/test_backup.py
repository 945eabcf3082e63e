"""`ratchet backup` of a running system, and `ratchet restore` after its loss."""

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
from ratchet.storage.signing_keys import make_signing_key
from ratchet_cli.backup.copying import restore_backup, write_backup
from ratchet_cli.backup.snapshot import hold_snapshot
from ratchet_cli.client.post_all import post_all
from ratchet_cli.embedded.processes import Embedded
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server
from simulator import simulate
from simulator.turn import timeline

from .ratchet_command import ratchet

LIGHT = ("valkey", "ledger", "reward", "ingest")
TURNS = list(
    simulate(5, questions=40, answers_per_question=2, start=datetime(2026, 1, 5, 6, tzinfo=UTC))
)
CALLS = [
    replace(call, body={**call.body, "event_id": f"from-producer-{number}"})
    for number, call in enumerate(timeline(TURNS))
]
Entries = dict[str, list[tuple[bytes, bytes]]]


@asynccontextmanager
async def running(data_dir: Path) -> AsyncIterator[tuple[Embedded, Sequence[Process]]]:
    """The embedded system without the services that load torch; `kill -9` of all at the end."""
    embedded = Embedded(data_dir, free_port(7), {})
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
                    answers = [
                        await client.get(f"http://127.0.0.1:{embedded.port_of(name)}/readyz")
                        for name in LIGHT[1:]
                    ]
                except httpx.HTTPError:
                    return False
                return all(answer.status_code == 200 for answer in answers)

            await eventually(ready, 60)
        yield embedded, processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            await process.wait()


def back_up(processes: Sequence[Process], original: Path, restored: Path) -> None:
    backup = restored.with_name("backup")
    assert ratchet("backup", backup, "--data-dir", original)[0] == 0
    key = original / "keys" / "backup.pub.pem"
    assert ratchet("restore", backup, "--data-dir", restored, "--key", key)[0] == 0


def freeze_and_copy(processes: Sequence[Process], original: Path, restored: Path) -> None:
    """As volumes of paused containers are copied."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    shutil.copytree(original, restored, symlinks=True, ignore=shutil.ignore_patterns(STATE_FILE))
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


async def wait_until_idle(redis: Redis) -> None:
    """Reward and ledger have handled every entry, and the entries that follow from them."""

    async def idle() -> bool:
        for stream in STREAMS:
            for group in await redis.xinfo_groups(stream.key):
                if group["name"] in (b"reward", b"ledger") and (group["lag"] or group["pending"]):
                    return False
        return True

    await eventually(idle, 30)


def ledger_event_ids(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / "ledger.db")) as ledger:
        return [row[0] for row in ledger.execute("SELECT event_id FROM events ORDER BY event_id")]


def stream_event_ids(streams: Entries) -> list[str]:
    return [json.loads(data)["event_id"] for rows in streams.values() for _, data in rows]


async def replay(data_dir: Path, redis_url: str) -> dict[str, Any]:
    """The comparison with a replay of the same entries in an empty server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from ratchet_cli.app import main; main()"),
        *("replay", "--json"),
        env={**os.environ, "RATCHET_DATA_DIR": str(data_dir), "RATCHET_REDIS_URL": redis_url},
        stdout=asyncio.subprocess.PIPE,
    )
    stdout, _ = await process.communicate()
    return dict(json.loads(stdout))


@pytest.mark.parametrize("copy", [back_up, freeze_and_copy])
async def test_a_system_restored_from_a_backup_under_load_continues_with_nothing_twice(
    tmp_path: Path, copy: Callable[[Sequence[Process], Path, Path], None]
):
    original_dir, restored_dir = tmp_path / "original", tmp_path / "restored"
    async with (
        running(original_dir) as (embedded, processes),
        Redis.from_url(embedded.redis_url) as redis,
        httpx.AsyncClient(base_url=embedded.url) as client,
    ):
        await bury(redis, ["forgotten"])
        posting = asyncio.create_task(post_all(client, CALLS[:-20], rate=150))

        async def some_are_scored() -> bool:
            return bool(await redis.xlen("ratchet:rewards") > 20)

        await eventually(some_are_scored, 20)
        before = await entries(redis)
        await asyncio.to_thread(copy, processes, original_dir, restored_dir)
        await posting
        await post_all(client, CALLS[-20:], rate=None)
        at_the_end = await entries(redis)

    with valkey_server(restored_dir / "valkey", free_port()) as url:
        async with Redis.from_url(url) as redis:
            restored = await entries(redis)
    for name, rows in restored.items():
        assert len(before[name]) <= len(rows), f"{name} lacks entries from before the backup"
        assert rows == at_the_end[name][: len(rows)], f"{name} is not a prefix of the original"
    assert len(restored["experiences"]) < len(at_the_end["experiences"])

    async with running(restored_dir) as (embedded, _), Redis.from_url(embedded.redis_url) as redis:
        await wait_until_idle(redis)
        assert ledger_event_ids(restored_dir) == sorted(set(stream_event_ids(await entries(redis))))
        async with httpx.AsyncClient(base_url=embedded.url) as client:
            forgotten = {**TURNS[0].experience, "query_id": "forgotten"}
            assert (await client.post("/v1/experiences", json=forgotten)).status_code == 422
            assert (await post_all(client, CALLS, rate=None)).rejected == []
        await wait_until_idle(redis)
        query_ids = [
            json.loads(data)["experience"]["query_id"]
            for _, data in (await entries(redis))["experiences"]
        ]
        assert sorted(query_ids) == sorted(turn.experience["query_id"] for turn in TURNS)
        comparison = await replay(restored_dir, embedded.redis_url)
        assert comparison["equal"], comparison


def test_a_database_in_a_backup_is_never_behind_redis(tmp_path: Path):
    """A writer commits each number to SQLite and then sets it in Redis, as every service does.

    There are enough files to link that it writes while the snapshot is taken.
    """
    system, backup, restored = tmp_path / "a", tmp_path / "backup", tmp_path / "b"
    for number in range(2_000):
        file = system / f"{number % 20}/{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"weights")
    port, stop, written = free_port(), Event(), Event()
    key = make_signing_key(tmp_path / "backup.pem")

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
            with redis.Redis.from_url(url) as server, hold_snapshot(system, server) as snapshot:
                write_backup(snapshot, backup, key)
        finally:
            stop.set()
        writing.result()
    restore_backup(backup, restored, key.public)
    with (
        valkey_server(restored / "valkey", port) as url,
        redis.Redis.from_url(url) as server,
        closing(sqlite3.connect(restored / "trainer.db")) as database,
    ):
        [committed] = database.execute("SELECT max(n) FROM n").fetchone()
        assert int(server.get("n") or 0) <= committed <= int(server.get("n") or 0) + 1
