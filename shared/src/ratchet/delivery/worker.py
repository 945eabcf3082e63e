"""Take a batch of entries to its end: decode, leave out the seen, handle, commit."""

import asyncio
import errno
import logging
import time
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError, WatchError

from ratchet.contract import Done, Event, Invalid, Later, Outcome, Unavailable
from ratchet.delivery.consumer import Consumer
from ratchet.delivery.dead_letter import DeadLetter
from ratchet.delivery.entry import Entry
from ratchet.delivery.metrics import DeliveryMetrics
from ratchet.delivery.spans import OUTCOME, Spans
from ratchet.delivery.transaction import Transaction
from ratchet.telemetry import Span, Tracer, at_hand, event_context

_log = logging.getLogger(__name__)
_InHand = tuple[Entry, Event, Span]


class HandlerBroke(Exception):
    """The handler raised on a batch; its entries are handled one by one to find the culprit."""


class Worker:
    """Handles one consumer's batches one after the other, whoever delivers them.

    Workers of one group share `turn`: they share state too, and at the same time they would
    only make each other's transactions run again.
    """

    def __init__(
        self,
        consumer: Consumer,
        redis: Redis,
        metrics: DeliveryMetrics,
        turn: asyncio.Lock,
        tracer: Tracer,
    ) -> None:
        self.consumer = consumer
        self.in_flight: frozenset[str] = frozenset()
        self.busy_since: float | None = None
        self._redis = redis
        self._metrics = metrics
        self._labels = (consumer.stream.name, consumer.group)
        self._conflicts = metrics.conflicts.labels(*self._labels)
        self._turn = turn
        self._spans = Spans(tracer, consumer)

    async def process(self, entries: Sequence[Entry]) -> None:
        """Settle what can be settled; the rest stays pending.

        Raises redis-py's errors, and `OSError` where what the handler needs is away or full.
        """
        ids = {entry.entry_id for entry in entries}
        self.in_flight |= ids
        try:
            async with self._turn:
                self.busy_since = time.monotonic()
                with self._metrics.batch_seconds.labels(*self._labels).time():
                    await self._process(entries)
        finally:
            self.in_flight -= ids
            self.busy_since = None

    async def _process(self, entries: Sequence[Entry]) -> None:
        try:
            await self._settle(entries)
        except HandlerBroke:
            for entry in entries:
                await self._settle([entry])

    async def _settle(self, entries: Sequence[Entry]) -> None:
        while True:
            try:
                counts = await self._run_and_commit(entries)
            except WatchError:
                self._conflicts.inc()
                continue
            for outcome, count in counts.items():
                self._metrics.events.labels(*self._labels, outcome).inc(count)
            return

    async def _run_and_commit(self, entries: Sequence[Entry]) -> dict[str, int]:
        async with self._redis.pipeline(transaction=True) as pipe:
            transaction = Transaction(pipe, self.consumer.stream, self.consumer.group)
            with self._spans.of_a_batch():
                counts = await self._run(entries, transaction)
                await transaction.commit()
        return counts

    async def _run(self, entries: Sequence[Entry], transaction: Transaction) -> dict[str, int]:
        counts = {"done": 0, "duplicate": 0, "later": 0, "dead": 0}
        decoded = [(entry, entry.decode(self.consumer.stream)) for entry in entries]
        seen = await self._seen(decoded, transaction)
        fresh: list[_InHand] = []
        for entry, event in decoded:
            if not isinstance(event, Event):
                span = self._spans.begin(entry, None)
                counts[self._resolve(entry, "", event, span, transaction)] += 1
            elif event.event_id in seen:
                transaction.acknowledge(entry.entry_id)
                counts["duplicate"] += 1
            elif entry.attempt > self.consumer.retry.max_attempts:
                lost = Invalid("every consumer that took this entry died or never answered")
                span = self._spans.begin(entry, event)
                counts[self._resolve(entry, event.event_id, lost, span, transaction)] += 1
            else:
                seen.add(event.event_id)
                fresh.append((entry, event, self._spans.begin(entry, event)))
        outcomes = await self._handle(fresh, transaction)
        for (entry, event, span), outcome in zip(fresh, outcomes, strict=True):
            counts[self._resolve(entry, event.event_id, outcome, span, transaction)] += 1
        return counts

    async def _seen(
        self, decoded: Sequence[tuple[Entry, Event | Invalid | Later]], transaction: Transaction
    ) -> set[str]:
        if not self.consumer.marks_seen:
            return set()
        ids = {event.event_id for _, event in decoded if isinstance(event, Event)}
        return await transaction.seen(list(ids))

    async def _handle(self, fresh: Sequence[_InHand], state: Transaction) -> Sequence[Outcome]:
        if not fresh:
            return ()
        events = [event for _, event, _ in fresh]
        try:
            if len(events) == 1:
                [(_, event, span)] = fresh
                with event_context(self.consumer.stream.name, event.event_id), at_hand(span):
                    return await self.consumer.handle(events, state)
            return await self.consumer.handle(events, state)
        except RedisError:
            raise
        except Exception as error:  # whatever else a handler raises is one entry's failure
            if isinstance(error, Unavailable) or _is_a_full_disk(error):
                raise
            if len(events) > 1:
                raise HandlerBroke from error
            _log.exception("the handler raised", extra={"event_id": events[0].event_id})
            return (Later(f"{type(error).__name__}: {error}"),)

    def _resolve(
        self, entry: Entry, event_id: str, outcome: Outcome, span: Span, transaction: Transaction
    ) -> str:
        with at_hand(span):
            settled = self._settle_one(entry, event_id, outcome, transaction)
        span.tell({OUTCOME: settled})
        if not isinstance(outcome, Done):
            span.fail(outcome.reason)
        return settled

    def _settle_one(
        self, entry: Entry, event_id: str, outcome: Outcome, transaction: Transaction
    ) -> str:
        context = {
            "stream": self.consumer.stream.name,
            "event_id": event_id,
            "entry_id": entry.entry_id,
            "attempt": entry.attempt,
        }
        if isinstance(outcome, Done):
            transaction.apply(outcome)
            if self.consumer.marks_seen:
                transaction.mark_seen(event_id)
            transaction.acknowledge(entry.entry_id)
            _log.debug("done", extra=context)
            return "done"
        last_chance = entry.attempt >= self.consumer.retry.max_attempts
        if isinstance(outcome, Later) and not last_chance:
            wait = self.consumer.retry.wait_s(entry.attempt)
            _log.warning("later, in %.0f s: %s", wait, outcome.reason, extra=context)
            return "later"
        transaction.bury(
            DeadLetter(
                self.consumer.stream,
                self.consumer.group,
                entry.entry_id,
                entry.payload,
                outcome.reason,
                entry.attempt,
            )
        )
        transaction.acknowledge(entry.entry_id)
        _log.error("sent to the dead stream: %s", outcome.reason, extra=context)
        return "dead"


def _is_a_full_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
