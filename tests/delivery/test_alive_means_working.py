"""A service that cannot consume is not ready, and its process ends with a reason."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import COMMANDS, TrainingRequested, utc_now
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.faulty_proxy import faulty_proxy
from ratchet_testing.valkey import free_port

PROGRAM = Path(__file__).parent / "service_program.py"


class Running:
    """The process of a service, with its log."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port
        self.lines: list[str] = []

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode().rstrip())

    def reasons(self) -> list[str]:
        """The critical messages."""
        logged = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line["message"] for line in logged if line["level"] == "CRITICAL"]

    async def ready(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                return answer.status_code == 200
        except httpx.HTTPError:
            return False

    async def ended(self, limit_s: float) -> int:
        return await asyncio.wait_for(self.process.wait(), limit_s)


@asynccontextmanager
async def service(url: str, mode: str = "works") -> AsyncIterator[Running]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAM), mode),
        env={**os.environ, "RATCHET_REDIS_URL": url, "RATCHET_PORT": str(port)},
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    running = Running(process, port)
    reading = asyncio.create_task(running.read())
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def consumed(redis: Redis) -> bool:
    request = TrainingRequested(
        event_id=os.urandom(8).hex(), occurred_at=utc_now(), requested_by="t"
    )
    await Publisher(redis).publish([request])

    async def acknowledged() -> bool:
        [group] = await redis.xinfo_groups(COMMANDS.key)
        return not group["lag"] and not group["pending"]

    await eventually(acknowledged, 30)
    return True


@pytest.mark.parametrize("nth", range(1, 7))
async def test_a_redis_that_restarts_during_the_start_leaves_no_process_that_only_seems_ready(
    redis: Redis, valkey_url: str, nth: int
):
    """Three consumers: Ratchet creates their groups first, then FastStream creates them again."""
    async with faulty_proxy(valkey_url, b"XGROUP", nth) as proxy, service(proxy.url) as running:

        async def decided() -> bool:
            return running.process.returncode is not None or (
                proxy.faults > 0 and await running.ready()
            )

        await eventually(decided, 30)
        assert proxy.faults == 1
        if running.process.returncode is None:
            assert await consumed(redis)
            return
    assert running.process.returncode not in (0, None)
    [reason] = running.reasons()
    assert f"Redis at 127.0.0.1:{proxy.port}" in reason
    assert "repair or start it" in reason


async def test_a_loop_that_fails_during_the_start_ends_the_process(redis: Redis, valkey_url: str):
    async with service(valkey_url, "fails at once") as running:
        assert await running.ended(30) not in (0, None)
    assert any("a background task ended: cannot go on" in why for why in running.reasons())


async def test_a_stop_that_hangs_ends_too(redis: Redis, valkey_url: str):
    async with service(valkey_url, "hangs at its stop") as running:
        assert await running.ended(30) == 1
    assert any("a background task ended: cannot go on" in why for why in running.reasons())


async def test_a_blocked_event_loop_ends_the_process_with_the_place(redis: Redis, valkey_url: str):
    async with service(valkey_url, "blocks") as running:
        assert await running.ended(30) == 1
    [reason] = running.reasons()
    assert "the event loop has not turned for" in reason
    assert any("service_program.py" in line and "in blocks" in line for line in running.lines)


async def test_a_call_that_holds_the_interpreter_ends_the_process_with_the_place(
    redis: Redis, valkey_url: str
):
    async with service(valkey_url, "holds the interpreter") as running:
        assert await running.ended(30) == 1
    assert any("in holds_the_interpreter" in line for line in running.lines)


async def test_a_group_that_is_gone_ends_the_process_whose_next_start_creates_it(
    redis: Redis, valkey_url: str
):
    async with service(valkey_url) as running:
        await eventually(running.ready, 30)
        await redis.xgroup_destroy(COMMANDS.key, "test")
        assert await running.ended(30) == 1
        assert "group is gone" in running.reasons()[-1]
    async with service(valkey_url) as running:
        await eventually(running.ready, 30)
        assert await consumed(redis)


async def test_a_stopped_process_goes_on_where_it_was(redis: Redis, valkey_url: str):
    """Its watch stops with it, so a pause of the machine ends nothing."""
    async with service(valkey_url) as running:
        await eventually(running.ready, 30)
        running.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2.5)  # longer than the limit of a loop, 2 s
        running.process.send_signal(signal.SIGCONT)
        await eventually(running.ready, 30)
        assert await consumed(redis)
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended(30) in (0, -signal.SIGTERM)
    assert running.reasons() == []
