"""The reward service as a process of its own, on another server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from ledger.replay.private_server import unused_port
from ledger.replay.quiescence import FACTS, GROUP
from ratchet.contract import EntryId, Stream
from ratchet.delivery import group_positions
from ratchet.processes import signal_on_parent_death

_LOOK_S = 0.02


class RewardEnded(RuntimeError):
    """The service ended before it had finished; what it said stands above."""


class RewardProcess:
    def __init__(self, process: asyncio.subprocess.Process, redis: Redis) -> None:
        self._process = process
        self._redis = redis

    async def finish(self, ends: dict[Stream, EntryId]) -> None:
        """Return when everything up to `ends` is acknowledged; raises `RewardEnded`."""
        while not await self._finished(ends):
            if self._process.returncode is not None:
                raise RewardEnded(f"python -m reward ended with {self._process.returncode}")
            await asyncio.sleep(_LOOK_S)

    async def _finished(self, ends: dict[Stream, EntryId]) -> bool:
        for stream in FACTS:
            groups = {group.group: group for group in await group_positions(self._redis, stream)}
            group = groups.get(GROUP)
            if group is None or group.oldest_pending is not None:
                return False
            if stream in ends and group.last_delivered < ends[stream]:
                return False
        return True


@asynccontextmanager
async def reward_process(url: str, redis: Redis) -> AsyncIterator[RewardProcess]:
    """Run it on the server at `url`, which `redis` talks to, with the settings it has here.

    It makes no spans: they would be added to the traces of what is replayed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reward",
        env={
            **os.environ,
            "RATCHET_REDIS_URL": url,
            "RATCHET_HOST": "127.0.0.1",
            "RATCHET_PORT": str(unused_port()),
            "RATCHET_CONSUMER_NAME": "replay",
            "RATCHET_RETRY_BASE_S": "1",
            "RATCHET_LOG_LEVEL": "error",
            "RATCHET_OTLP_ENDPOINT": "",
        },
        stdout=sys.stderr,
        preexec_fn=partial(signal_on_parent_death, signal.SIGTERM),
    )
    try:
        yield RewardProcess(process, redis)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
