"""Claims pending entries: retries after their backoff, and the work of dead consumers.

FastStream reads no pending entries (https://github.com/ag2ai/faststream/issues/2197).
"""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
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
_RESTART_EVERY_S = 60.0
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
        self.last_loop = self._restart_at = time.monotonic()
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

    def stuck(self, limit_s: float) -> str | None:
        """Which loop has not run for `limit_s`, or that a batch takes too long; else None."""
        now, worker = time.monotonic(), self._worker
        name = worker.consumer.stream.name
        if now - self.last_loop > limit_s:
            return f"the claim loop of {name} last ran {now - self.last_loop:.0f} s ago"
        reads = worker.stopped is None and not worker.in_flight
        if reads and now - worker.last_read > limit_s:
            return f"the reader of {name} last ran {now - worker.last_read:.0f} s ago"
        busy_s = now - worker.busy_since if worker.busy_since is not None else 0.0
        if busy_s > worker.consumer.stuck_after_s:
            return f"a batch of {name} has been processed for {busy_s:.0f} s"
        return None

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
        if time.monotonic() >= self._restart_at:
            self._restart_at = time.monotonic() + _RESTART_EVERY_S
            await self._restart_idle_times()
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

    async def _restart_idle_times(self) -> None:
        """Redis calls entries idle for 0 ms that it delivered while its clock was ahead.

        They would be due when that time has come. For those just delivered nothing changes.
        """
        async for item in self._pending():
            if item["time_since_delivered"] == 0:
                names = self._stream, self._group, item["consumer"]
                await self._redis.xclaim(*names, 0, [item["message_id"]], justid=True)

    async def _due(self) -> dict[int, list[str]]:
        """By attempts; without the work in flight, whose renewal a busy machine may delay."""
        due: dict[int, list[str]] = defaultdict(list)
        async for item in self._pending(int(self._retry.base_s * 1000)):
            name, attempts = item["message_id"].decode(), item["times_delivered"]
            idle_s = item["time_since_delivered"] / 1000
            if name not in self._worker.in_flight and idle_s >= self._retry.wait_s(attempts):
                due[attempts].append(name)
        return due

    async def _pending(self, idle_ms: int | None = None) -> AsyncIterator[Any]:
        """The pending list, read in pages; with `idle_ms` only entries idle for so long."""
        start = "-"
        while True:
            page = await self._redis.xpending_range(
                self._stream, self._group, min=start, max="+", count=_PAGE, idle=idle_ms
            )
            for item in page:
                yield item
            if len(page) < _PAGE:
                return
            start = "(" + page[-1]["message_id"].decode()
