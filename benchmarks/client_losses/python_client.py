"""5,000 answers from Python, half of them while the intake is down, then their thumbs."""

import asyncio
from contextlib import suppress
from pathlib import Path

from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK
from ratchet_client import AsyncRatchet, Ratchet
from ratchet_testing.eventually import eventually
from ratchet_testing.unreliable_network import unreliable_network
from ratchet_testing.valkey import free_port

from .losses import EVENTS, SHARES, Losses, losses
from .plant import kill, running_plant

_WITHIN_S = 240
_BETWEEN_TRIES_S = 0.5
"""Each `flush` tries again at once: without it the client waits for up to 30 s after a failure."""


async def python_losses(redis: Redis, redis_url: str, directory: Path) -> Losses:
    """The first client ends while the intake is down; the second one finds what it left."""
    port, data_dir, spool = free_port(), directory / "data", directory / "spool"
    url = f"http://127.0.0.1:{port}"
    ids = [f"q-{number}" for number in range(EVENTS)]
    with running_plant(redis, redis_url, data_dir) as plant:
        async with unreliable_network(plant.intake.port, port, SHARES) as network:
            first = Ratchet(url, spool=spool, linger_s=0.0)
            for number, query_id in enumerate(ids[: EVENTS // 2]):
                first.record(query_id=query_id, transcript="What is the power of pump 1?")
                if number % 50 == 0:
                    await asyncio.sleep(0.005)
            network.cut()
            kill(plant.intake)
            for query_id in ids[EVENTS // 2 :]:
                first.record(query_id=query_id, transcript="What is the power of pump 1?")
            await asyncio.to_thread(first.close, 0.3)
            with server(INTAKE, redis_url, data_dir) as again:
                plant.intake = again
                network.target = again.port
                network.restore()
                async with AsyncRatchet(url, spool=spool, linger_s=0.0) as later:
                    for number, query_id in enumerate(ids):
                        later.feedback(query_id, "up")
                        if number % 100 == 0:
                            await asyncio.sleep(0.005)
                    with suppress(TimeoutError):
                        await eventually(lambda: later.flush(_BETWEEN_TRIES_S), _WITHIN_S)
                    waiting = later.counts.waiting
                streams = (EXPERIENCES, FEEDBACK)
                return await losses(plant, network, set(ids), waiting, streams, "up")
