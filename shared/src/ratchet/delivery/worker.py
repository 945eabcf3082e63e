"""Processes a batch of entries: decode, deduplicate, handle, record the outcomes, commit."""

import asyncio
import errno
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError, WatchError

from ratchet.contract import Delivered, Done, Event, Handle, Invalid, Later, Outcome, Unavailable
from ratchet.delivery.consumer import Consumer
from ratchet.delivery.dead_letter import DeadLetter
from ratchet.delivery.entry import Entry
from ratchet.delivery.metrics import DeliveryMetrics
from ratchet.delivery.spans import OUTCOME, Spans
from ratchet.delivery.transaction import Transaction
from ratchet.telemetry import Span, Tracer, at_hand, event_context

_log = logging.getLogger(__name__)
_ABANDONED = Invalid("every consumer that received this entry stopped before it was handled")


class HandlerFailed(Exception):
    """The handler raised on a batch; its entries are repeated one by one to find the cause."""


class _Decoded(NamedTuple):
    entry: Entry
    event: Event | Invalid | Later


class _Fresh(NamedTuple):
    """An event that this group has not handled yet."""

    entry: Entry
    event: Event
    span: Span


class Worker:
    """Processes one consumer's batches one after the other, from the reader and the claimer.

    Workers of one group share `turn`: they share state too, so running at the same time would
    only make their transactions conflict.
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

    async def process_batch(self, entries: Sequence[Entry]) -> None:
        """Handle and acknowledge `entries`; those to be retried stay pending.

        Raises redis-py's errors, and `OSError` if what the handler needs is unavailable or full.
        """
        ids = {entry.entry_id for entry in entries}
        self.in_flight |= ids
        try:
            async with self._turn:
                self.busy_since = time.monotonic()
                with self._metrics.batch_seconds.labels(*self._labels).time():
                    for run in self._runs_of_one_handler(self._decode(entries)):
                        await self._process_run(run)
        finally:
            self.in_flight -= ids
            self.busy_since = None

    def _decode(self, entries: Sequence[Entry]) -> list[_Decoded]:
        return [_Decoded(entry, entry.decode(self.consumer.stream)) for entry in entries]

    def _runs_of_one_handler(self, batch: Sequence[_Decoded]) -> list[list[_Decoded]]:
        """Consecutive entries with the same handler; those without one join their neighbors.

        Events keep the order of the stream: grouping by type would move a request ahead of an
        older one. Each run is a transaction, so that the next run's handler reads its writes.
        """
        runs: list[list[_Decoded]] = []
        current: Handle | None = None
        for decoded in batch:
            handle = self._handler_of(decoded)
            if runs and (handle is None or current is None or handle == current):
                runs[-1].append(decoded)
            else:
                runs.append([decoded])
            current = handle or current
        return runs

    def _handler_of(self, decoded: _Decoded | _Fresh) -> Handle | None:
        if not isinstance(decoded.event, Event):
            return None
        return self.consumer.handlers.get(type(decoded.event))

    async def _process_run(self, run: Sequence[_Decoded]) -> None:
        try:
            await self._commit_or_retry(run)
        except HandlerFailed:
            for decoded in run:
                await self._commit_or_retry([decoded])

    async def _commit_or_retry(self, run: Sequence[_Decoded]) -> None:
        """Repeats the run when another consumer changed the state that it read.

        Everything a handler does takes effect in the transaction, so a repeated run has no
        effect of its first try; effects outside Redis must be idempotent by event id.
        """
        while True:
            try:
                counts = await self._handle_and_commit(run)
            except WatchError:
                self._conflicts.inc()
                continue
            for outcome, count in counts.items():
                self._metrics.events.labels(*self._labels, outcome).inc(count)
            return

    async def _handle_and_commit(self, run: Sequence[_Decoded]) -> dict[str, int]:
        async with self._redis.pipeline(transaction=True) as pipe:
            transaction = Transaction(pipe, self.consumer.stream, self.consumer.group)
            with self._spans.of_a_batch():
                counts = {"done": 0, "duplicate": 0, "later": 0, "dead": 0}
                fresh = await self._deduplicate(run, transaction, counts)
                outcomes = await self._handle(fresh, transaction)
                for (entry, event, span), outcome in zip(fresh, outcomes, strict=True):
                    recorded = self._record_outcome(
                        entry, event.event_id, outcome, span, transaction
                    )
                    counts[recorded] += 1
                await transaction.commit()
        return counts

    async def _deduplicate(
        self, run: Sequence[_Decoded], transaction: Transaction, counts: dict[str, int]
    ) -> list[_Fresh]:
        """The events to handle; the outcomes of all other entries are recorded."""
        seen = await self._seen(run, transaction)
        fresh: list[_Fresh] = []
        for entry, event in run:
            if not isinstance(event, Event):
                span = self._spans.begin(entry, None)
                counts[self._record_outcome(entry, "", event, span, transaction)] += 1
            elif event.event_id in seen:
                transaction.acknowledge(entry.entry_id)
                counts["duplicate"] += 1
            elif entry.attempt > self.consumer.retry.max_attempts:
                span = self._spans.begin(entry, event)
                recorded = self._record_outcome(
                    entry, event.event_id, _ABANDONED, span, transaction
                )
                counts[recorded] += 1
            else:
                seen.add(event.event_id)
                fresh.append(_Fresh(entry, event, self._spans.begin(entry, event)))
        return fresh

    async def _seen(self, run: Sequence[_Decoded], transaction: Transaction) -> set[str]:
        if not self.consumer.marks_seen:
            return set()
        ids = {event.event_id for _, event in run if isinstance(event, Event)}
        return await transaction.seen(list(ids))

    async def _handle(self, fresh: Sequence[_Fresh], state: Transaction) -> Sequence[Outcome]:
        """One outcome each; an event type without a handler is done."""
        handled = [item for item in fresh if self._handler_of(item) is not None]
        outcomes = iter(await self._call_handler(handled, state) if handled else ())
        return [Done() if self._handler_of(item) is None else next(outcomes) for item in fresh]

    async def _call_handler(self, items: Sequence[_Fresh], state: Transaction) -> Sequence[Outcome]:
        """`items` are not empty and have the same handler."""
        handle = self.consumer.handlers[type(items[0].event)]
        batch = [Delivered(event, entry.payload) for entry, event, _ in items]
        try:
            if len(items) == 1:
                [(_, event, span)] = items
                with event_context(self.consumer.stream.name, event.event_id), at_hand(span):
                    outcomes = await handle(batch, state)
            else:
                outcomes = await handle(batch, state)
        except RedisError:
            raise
        except Exception as error:  # any other exception is the failure of one entry
            if isinstance(error, Unavailable) or _is_a_full_disk(error):
                raise
            if len(items) > 1:
                raise HandlerFailed from error
            _log.exception("the handler raised", extra={"event_id": items[0].event.event_id})
            return (Later(f"{type(error).__name__}: {error}"),)
        return [Done()] * len(items) if outcomes is None else outcomes

    def _record_outcome(
        self, entry: Entry, event_id: str, outcome: Outcome, span: Span, transaction: Transaction
    ) -> str:
        """The name that the metric and the span give to the outcome."""
        with at_hand(span):
            recorded = self._add_to_transaction(entry, event_id, outcome, transaction)
        span.tell({OUTCOME: recorded})
        if not isinstance(outcome, Done):
            span.fail(outcome.reason)
        return recorded

    def _add_to_transaction(
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
