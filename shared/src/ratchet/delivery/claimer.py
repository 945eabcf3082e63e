"""Claims pending entries: retries after their backoff, and the work of dead consumers.

FastStream reads no pending entries (https://github.com/ag2ai/faststream/issues/2197).
"""

import time
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NoReturn

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.delivery.dead_letter import ConsumerStopped
from ratchet.delivery.entry import Entry, entry_of_reply
from ratchet.delivery.metrics import DeliveryMetrics
from ratchet.delivery.worker import Worker
from ratchet.processes import every

_PAGE = 200
_CLAIM = """
local found, size, tried = {}, 0, 0
for at = 5, #ARGV do
  if size >= tonumber(ARGV[4]) then break end
  tried = tried + 1
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[at])[1]
  if entry then
    for _, part in ipairs(entry[2]) do size = size + #part end
    found[#found + 1] = entry
  end
end
return {tried, found}
"""
"""Claims entries until they take the given bytes; returns how many it tried."""


class Claimer:
    """Polls the pending list of one group, and renews the claims on work in flight."""

    def __init__(
        self, worker: Worker, redis: Redis, consumer_name: str, metrics: DeliveryMetrics
    ) -> None:
        self.last_loop = time.monotonic()
        self._worker = worker
        self._redis: Any = redis
        self._claim_some: Any = redis.register_script(_CLAIM)
        self._name = consumer_name
        self._stream = worker.consumer.stream.key
        self._group = worker.consumer.group
        self._retry = worker.consumer.retry
        self._claimed = metrics.claimed.labels(worker.consumer.stream.name, self._group)
        self._poll_s = min(1.0, self._retry.base_s / 4)

    def loops(self) -> tuple[Coroutine[Any, Any, NoReturn], Coroutine[Any, Any, NoReturn]]:
        """Claim and renew until cancelled; errors of Redis and the disk are logged and retried.

        Two coroutines for two tasks: a task that gathers them would end with the first, and leave
        the other running if its cancellation was lost (see `end_all`).
        """
        renewal_s = self._retry.base_s / 4
        claiming, renewing = f"{self._stream} is not claimed", f"{self._stream} is not renewed"
        return (
            every(self._poll_s, self._claim, claiming, report=self._record_loop),
            every(renewal_s, self.renew, renewing, report=self._record_loop),
        )

    async def _claim(self) -> None:
        # The worker logged the reason; `claim` returns at once from here on.
        with suppress(ConsumerStopped):
            await self.claim()

    def _record_loop(self, _problem: str | None) -> None:
        self.last_loop = time.monotonic()

    async def claim(self) -> None:
        """Claim the entries whose backoff is over and process them in batches."""
        if self._worker.stopped is not None:
            return
        for attempts, entry_ids in (await self._due()).items():
            # XCLAIM compares the idle time again: of two consumers that read the pending list
            # at the same time, only the first gets the entry.
            wait_ms = int(self._retry.wait_s(attempts) * 1000)
            for start in range(0, len(entry_ids), self._worker.consumer.batch):
                claimable = entry_ids[start : start + self._worker.consumer.batch]
                while claimable:
                    options = (self._group, self._name, wait_ms, self._worker.batch_bytes)
                    tried, claimed = await self._claim_some([self._stream], [*options, *claimable])
                    entries = [entry_of_reply(reply, attempts + 1) for reply in claimed]
                    claimable = claimable[tried:]
                    if entries:
                        self._claimed.inc(len(entries))
                        await self._process(entries, attempts)

    async def _process(self, entries: list[Entry], attempts: int) -> None:
        """An attempt that fails for another reason than its entries does not count."""
        try:
            await self._worker.process_batch(entries)
        except (RedisError, OSError, ConsumerStopped):
            ids = [entry.entry_id for entry in entries]
            await self._redis.xclaim(
                self._stream, self._group, self._name, 0, ids, retrycount=attempts, justid=True
            )
            raise

    async def renew(self) -> None:
        """Reset the idle time of the work in flight, so that no other consumer claims it."""
        in_flight = sorted(self._worker.in_flight)
        if in_flight:
            await self._redis.xclaim(
                self._stream, self._group, self._name, 0, in_flight, justid=True
            )

    async def _due(self) -> dict[int, list[str]]:
        due: dict[int, list[str]] = defaultdict(list)
        start = "-"
        while True:
            page = await self._redis.xpending_range(
                self._stream,
                self._group,
                min=start,
                max="+",
                count=_PAGE,
                idle=int(self._retry.base_s * 1000),
            )
            for item in page:
                attempts = item["times_delivered"]
                if item["time_since_delivered"] >= self._retry.wait_s(attempts) * 1000:
                    due[attempts].append(item["message_id"].decode())
            if len(page) < _PAGE:
                return due
            start = "(" + page[-1]["message_id"].decode()
