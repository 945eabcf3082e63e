"""Processes a batch of entries: decode, handle, commit, and retry when the state changed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from opentelemetry.trace import Tracer
from redis.asyncio import Redis
from redis.exceptions import WatchError

from ratchet.contract import CLOCK_TOLERANCE_S, Event, Handle, Invalid, Later
from ratchet.delivery.batch_handler import BatchHandler, Decoded, HandlerFailed
from ratchet.delivery.consumer import Consumer
from ratchet.delivery.dead_letter import (
    DEFAULT_LIMIT,
    ConsumerStopped,
    DeadLetterBrake,
    DeadLetterLimit,
)
from ratchet.delivery.entry import Entry
from ratchet.delivery.metrics import DeliveryMetrics
from ratchet.delivery.transaction import Transaction
from ratchet_text import NO_SECRETS, Secrets

_log = logging.getLogger(__name__)
ReadMore = Callable[[Sequence[Entry]], Awaitable[list[Entry]]]
"""Reads the rest of the batch that begins with the given entries."""
_OUTCOMES = ("done", "duplicate", "later", "dead")


class Worker:
    """Processes one consumer's batches one after the other, from the reader and the claimer.

    Workers of one group share `turn`: they share state too, so running at the same time would
    only make their transactions conflict. `ahead_s` is the most that a producer's clock was ahead
    of the server's, in seconds; 0 within the tolerance.
    """

    def __init__(
        self,
        consumer: Consumer,
        redis: Redis,
        metrics: DeliveryMetrics,
        turn: asyncio.Lock,
        tracer: Tracer,
        limit: DeadLetterLimit = DEFAULT_LIMIT,
        secrets: Secrets = NO_SECRETS,
        batch_bytes: int = 8 << 20,
    ) -> None:
        self.consumer = consumer
        self.redis = redis
        self.batch_bytes = batch_bytes
        self.in_flight: frozenset[str] = frozenset()
        self.busy_since: float | None = None
        self.last_read = time.monotonic()
        self.stopped: str | None = None
        self.ahead_s = 0.0
        self._metrics = metrics
        self._labels = (consumer.stream.name, consumer.group)
        self._conflicts = metrics.conflicts.labels(*self._labels)
        self._turn = turn
        self._handler = BatchHandler(consumer, tracer, secrets)
        self._brake = DeadLetterBrake(limit)
        metrics.stopped.labels(*self._labels).set(0)

    async def process_batch(
        self, entries: Sequence[Entry], read_more: ReadMore | None = None
    ) -> None:
        """Handle and acknowledge `entries` and those that `read_more` adds in the worker's turn.

        Those to be retried stay pending.

        Raises redis-py's errors, `OSError` if what the handler needs is unavailable or full, and
        `ConsumerStopped` from the batch on that exceeds the dead-letter limit.
        """
        ids = {entry.entry_id for entry in entries}
        self.in_flight |= ids
        try:
            async with self._turn:
                if self.stopped is not None:
                    raise ConsumerStopped(self.stopped)
                self.busy_since = time.monotonic()
                if read_more is not None:
                    entries = [*entries, *await read_more(entries)]
                    ids |= {entry.entry_id for entry in entries}
                    self.in_flight |= ids
                with self._metrics.batch_seconds.labels(*self._labels).time():
                    decoded = [Decoded(entry, self._event_in(entry)) for entry in entries]
                    for run in self._runs_of_one_handler(decoded):
                        await self._process_run(run)
        finally:
            self.in_flight -= ids
            self.busy_since = None

    def _event_in(self, entry: Entry) -> Event | Invalid | Later:
        """The event of `entry`, which occurred before the entry was written."""
        event = entry.decode(self.consumer.stream)
        if not isinstance(event, Event):
            return event
        received = entry.position.latest
        ahead_s = (event.latest_time - received) / 1e6
        if ahead_s > CLOCK_TOLERANCE_S:
            self._metrics.ahead.labels(*self._labels).inc()
            self.ahead_s = max(self.ahead_s, ahead_s)
        return event.not_after(received)

    def _runs_of_one_handler(self, batch: Sequence[Decoded]) -> list[list[Decoded]]:
        """Consecutive entries with the same handler; those without one join their neighbors.

        Events keep the order of the stream: grouping by type would move a request ahead of an
        older one. Each run is a transaction, so that the next run's handler reads its writes.
        """
        runs: list[list[Decoded]] = []
        current: Handle | None = None
        for decoded in batch:
            handle = self._handler_of(decoded)
            if runs and (handle is None or current is None or handle == current):
                runs[-1].append(decoded)
            else:
                runs.append([decoded])
            current = handle or current
        return runs

    def _handler_of(self, decoded: Decoded) -> Handle | None:
        if not isinstance(decoded.event, Event):
            return None
        return self.consumer.handlers.get(type(decoded.event))

    async def _process_run(self, run: Sequence[Decoded]) -> None:
        try:
            await self._commit_or_retry(run)
        except HandlerFailed:
            for decoded in run:
                await self._commit_or_retry([decoded])

    async def _commit_or_retry(self, run: Sequence[Decoded]) -> None:
        """Repeats the run when another consumer changed the state that it read.

        Effects on Redis exist only once the transaction commits, so a repeated run leaves nothing
        of its first try; a handler's effects elsewhere must be idempotent by event id.
        """
        while True:
            try:
                outcomes = await self._handle_and_commit(run)
            except WatchError:
                self._conflicts.inc()
                continue
            for outcome in _OUTCOMES:
                self._metrics.events.labels(*self._labels, outcome).inc(outcomes.count(outcome))
            return

    async def _handle_and_commit(self, run: Sequence[Decoded]) -> list[str]:
        async with self.redis.pipeline(transaction=True) as pipe:
            transaction = Transaction(pipe, self.consumer.stream, self.consumer.group)
            with self._handler.spans.of_a_batch():
                outcomes = await self._handler.handle(run, transaction)
                dead = [outcome == "dead" for outcome in outcomes if outcome in ("done", "dead")]
                self._check_dead_letters(dead)
                await transaction.commit()
        self._brake.record(dead)
        return outcomes

    def _check_dead_letters(self, dead: Sequence[bool]) -> None:
        """Raises `ConsumerStopped` before the commit, so that the messages stay pending."""
        violation = self._brake.violation(dead)
        if violation is None:
            return
        stream, group = self._labels
        self.stopped = (
            f"{violation} of {stream} would be dead letters of the group {group}. This release "
            "cannot handle them: roll back or fix it, then restart. To move them to the dead "
            "letters, raise RATCHET_DEAD_LETTERS_MAX_CONSECUTIVE or RATCHET_DEAD_LETTERS_MAX_SHARE."
        )
        self._metrics.stopped.labels(*self._labels).set(1)
        _log.critical("the consumer stopped: %s", self.stopped)
        raise ConsumerStopped(self.stopped)
