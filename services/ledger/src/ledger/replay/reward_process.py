"""Runs the reward service as a child process on another Redis server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from ledger.replay.private_server import unused_port
from ledger.replay.quiescence import FACTS, GROUP
from ratchet.contract import EntryId, Stream
from ratchet.delivery import group_positions
from ratchet.processes import signal_on_parent_death

_POLL_S = 0.02


class RewardStopped(RuntimeError):
    """The service exited before it had processed everything; its log precedes the message."""


class RewardProcess:
    """The child process, and the server that it reads from."""

    def __init__(self, process: asyncio.subprocess.Process, redis: Redis) -> None:
        self._process = process
        self._redis = redis

    async def finish(self, ends: dict[Stream, EntryId]) -> None:
        """Return once every entry up to `ends` is acknowledged; raises `RewardStopped`."""
        while not await self._finished(ends):
            if self._process.returncode is not None:
                raise RewardStopped(
                    f"The reward service exited with status {self._process.returncode}. "
                    "See its log above."
                )
            await asyncio.sleep(_POLL_S)

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
async def reward_process(url: str, redis: Redis, data_dir: Path) -> AsyncIterator[RewardProcess]:
    """Run the service on the server at `url`, to which `redis` is connected.

    It has the settings of this environment, and `data_dir`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reward",
        env={
            **os.environ,
            "RATCHET_REDIS_URL": url,
            "RATCHET_DATA_DIR": str(data_dir),
            "RATCHET_HOST": "127.0.0.1",
            "RATCHET_PORT": str(unused_port()),
            "RATCHET_CONSUMER_NAME": "replay",
            "RATCHET_RETRY_BASE_S": "1",
            "RATCHET_LOG_LEVEL": "error",
            # Replayed events carry the trace context of the original run, and a span would be
            # added to its traces.
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
