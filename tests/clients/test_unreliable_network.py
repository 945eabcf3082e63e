"""Events reach the intake once over a network that is cut and slow, and through its restart."""

import asyncio
from pathlib import Path

import pytest
from client_losses.browser_client import browser_losses
from client_losses.losses import EVENTS, SHARES
from client_losses.python_client import python_losses
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES
from ratchet_client import Ratchet
from ratchet_testing.browser import BROWSER
from ratchet_testing.unreliable_network import unreliable_network
from ratchet_testing.valkey import free_port


async def test_python_loses_and_doubles_none_of_5000_answers_and_thumbs(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    found = await python_losses(redis, valkey_url, tmp_path)
    assert found.waiting == 0, found
    assert found.none, found
    assert found.sent == 2 * EVENTS
    assert all(found.faults[fault] for fault in SHARES), found.faults


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
async def test_a_reloaded_page_loses_and_doubles_none_of_5000_answers(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    found = await browser_losses(redis, valkey_url, tmp_path)
    assert found.none, found
    assert found.sent == EVENTS
    assert all(found.faults[fault] for fault in SHARES), found.faults


@pytest.mark.parametrize("linger_s", [0.0, 0.05])
async def test_answers_that_are_always_lost_double_nothing(
    intake: str, redis: Redis, tmp_path: Path, linger_s: float
):
    port, target = free_port(), int(intake.rpartition(":")[2])
    async with unreliable_network(target, port, {"answer lost": 1.0}) as network:
        client = Ratchet(f"http://127.0.0.1:{port}", spool=tmp_path, linger_s=linger_s)
        for number in range(20):
            client.record(query_id=f"q-{number}", transcript="power?")
        assert not await asyncio.to_thread(client.flush, 1.5)
        network.shares = {}
        assert await asyncio.to_thread(client.flush, 20)
        await asyncio.to_thread(client.close)
    counts = client.counts
    assert (counts.accepted, counts.waiting) == (20, 0)
    assert counts.repeated > 0
    assert await redis.xlen(EXPERIENCES.key) == 20
