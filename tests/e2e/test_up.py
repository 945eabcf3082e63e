"""`ratchet up` starts the whole system, Ctrl-C stops it, and nothing is lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES
from ratchet_cli.embedded.processes import Embedded
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

pytestmark = pytest.mark.heavy
RATCHET = [sys.executable, "-c", "from ratchet_cli.app import main; main()"]
QUESTION = {"query_id": "q", "timestamp": "2026-01-05T06:00:00Z", "transcript": "Any alarms?"}


async def start(embedded: Embedded) -> tuple[asyncio.subprocess.Process, list[str]]:
    """Start `ratchet up`; returns the process and its output until it is ready."""
    process = await asyncio.create_subprocess_exec(
        *RATCHET,
        "up",
        "--data-dir",
        str(embedded.data_dir),
        "--port",
        str(embedded.port),
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    assert process.stdout is not None
    lines: list[str] = []
    async for line in process.stdout:
        lines.append(line.decode())
        if "ratchet is up" in lines[-1]:
            break
    return process, lines


@asynccontextmanager
async def running(embedded: Embedded) -> AsyncIterator[list[str]]:
    """A running system; stopped by Ctrl-C, with exit status 0."""
    process, lines = await start(embedded)
    yield lines
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    lines.extend(line.decode() for line in (await process.stdout.read()).splitlines())
    assert await process.wait() == 0


def ratchet(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RATCHET, *arguments], capture_output=True, text=True, check=False)


async def test_a_second_start_continues_where_the_first_stopped(tmp_path: Path):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    directory = str(embedded.data_dir)
    nothing = await asyncio.to_thread(ratchet, "status", "--data-dir", directory)
    assert nothing.returncode == 3
    assert "Start it with" in nothing.stderr

    async with running(embedded) as lines, httpx.AsyncClient(base_url=embedded.url) as client:
        assert [line for line in lines if '"level": "WARNING"' in line] == []
        assert (await client.post("/v1/experiences", json=QUESTION)).status_code == 202
        asked = ("simulate", "--url", embedded.url, "--questions", "2", "--rate", "200")
        simulated = await asyncio.to_thread(ratchet, *asked)
        assert simulated.returncode == 0, simulated.stdout
        assert "accepted in" in simulated.stdout
        shown = await asyncio.to_thread(ratchet, "status", "--json", "--data-dir", directory)
        facts = json.loads(shown.stdout)
        assert {name: facts["services"][name]["ready"] for name in facts["services"]} == (
            dict.fromkeys(("ingest", "reward", "trainer", "exporter", "ledger", "gateway"), True)
        )
        again = await asyncio.to_thread(ratchet, "up", "--data-dir", directory)
        assert again.returncode == 1
        assert "already runs" in again.stderr
        other = str(tmp_path / "other")
        port = str(embedded.port)
        taken = await asyncio.to_thread(ratchet, "up", "--data-dir", other, "--port", port)
        assert taken.returncode == 1
        assert "is in use" in taken.stderr
    settings = [line for line in lines if '"message": "settings"' in line]
    assert len(settings) == 6

    async with running(embedded), Redis.from_url(embedded.redis_url) as redis:
        assert await redis.xlen(EXPERIENCES.key) == 7

        async def scored() -> bool:
            return bool(await redis.exists("ratchet:reward:answered:q"))

        await eventually(scored)

        async def nothing_is_in_hand() -> bool:
            return [g["pending"] for g in await redis.xinfo_groups(EXPERIENCES.key)] == [0, 0]

        await eventually(nothing_is_in_hand)


async def test_nothing_survives_a_killed_supervisor(tmp_path: Path):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    process, _ = await start(embedded)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()

    async def ports_are_free() -> bool:
        async with httpx.AsyncClient(timeout=1) as client:
            for port in embedded.ports.values():
                try:
                    await client.get(f"http://127.0.0.1:{port}/livez")
                except httpx.ConnectError:
                    continue
                except httpx.HTTPError:
                    return False
                else:
                    return False
        return True

    await eventually(ports_are_free, 30)
