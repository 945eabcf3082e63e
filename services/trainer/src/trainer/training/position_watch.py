"""Notices that Redis lacks what the trainer has read, and has in its database."""

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from prometheus_client import CollectorRegistry, Gauge
from redis.asyncio import Redis

from ratchet.contract import BEGINNING, CLOCK_TOLERANCE_S, RESTORED_KEY, EntryId
from ratchet.delivery import Consumer, group_positions, lacks
from ratchet.processes import every
from ratchet.storage import write_whole

_EVERY_S = 30.0
_log = logging.getLogger(__name__)


class PositionWatch:
    """`path` keeps how far each group had read; `lacking` are the streams that have lost that."""

    def __init__(
        self, redis: Redis, path: Path, consumers: Sequence[Consumer], registry: CollectorRegistry
    ) -> None:
        self.lacking: list[str] = []
        self._redis: Any = redis
        self._path = path
        self._consumers = consumers
        self._gauge = Gauge(
            "ratchet_trainer_streams_gone_back",
            "Streams of which Redis lacks entries that the trainer has read.",
            registry=registry,
        )

    @property
    def problem(self) -> str | None:
        """What is missing, with the remedy; None if nothing is."""
        if not self.lacking:
            return None
        return (
            f"Redis went back in time and lacks entries of {', '.join(self.lacking)} that the "
            "trainer has read. New revisions may have numbers that it knows, and are then not "
            "learned: put back what is missing with `ratchet repair streams`"
        )

    async def run(self) -> NoReturn:
        """Run until cancelled."""
        await every(_EVERY_S, self.look, "the positions in the streams are not compared")

    async def look(self) -> None:
        """Raises redis-py's errors and `OSError`."""
        known = await asyncio.to_thread(self._read)
        now, _ = await self._redis.time()
        restored = int(await self._redis.get(RESTORED_KEY) or 0)
        positions, lacking = {}, []
        for consumer in self._consumers:
            stream, before = consumer.stream, known.get(consumer.stream.name)
            # An id that is ahead came from a clock that was: `ratchet repair clock` replaces it.
            compared = before is not None and before.ms <= (now + CLOCK_TOLERANCE_S) * 1000
            gone = compared and await lacks(self._redis, stream, before or BEGINNING)
            if before is not None and gone and before.ms >= restored:
                lacking.append(stream.name)
                positions[stream.name] = before
                continue
            groups = {each.group: each for each in await group_positions(self._redis, stream)}
            if consumer.group in groups:
                positions[stream.name] = groups[consumer.group].last_delivered
        if lacking and not self.lacking:
            self.lacking = lacking
            _log.error("%s", self.problem)
        self.lacking = lacking
        self._gauge.set(len(lacking))
        if positions != known:
            await asyncio.to_thread(self._write, positions)

    def _read(self) -> dict[str, EntryId]:
        try:
            stored = json.loads(self._path.read_bytes())
            return {name: EntryId.parse(position) for name, position in stored.items()}
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def _write(self, positions: dict[str, EntryId]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        named = {name: str(position) for name, position in positions.items()}
        write_whole(self._path, json.dumps(named).encode())
