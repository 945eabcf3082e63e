"""Handles entries of one handler inside a transaction: deduplicate, handle, record the outcomes."""

import errno
import logging
from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.trace import Span, StatusCode, Tracer
from redis.exceptions import RedisError

from ratchet.contract import Delivered, Done, Event, Invalid, Later, Outcome, Unavailable
from ratchet.delivery.consumer import Consumer
from ratchet.delivery.dead_letter import DeadLetter
from ratchet.delivery.entry import Entry
from ratchet.delivery.idempotency import under_another_id
from ratchet.delivery.spans import OUTCOME, Spans
from ratchet.delivery.transaction import Transaction
from ratchet.telemetry import activate, log_context
from ratchet_text import Secrets

_log = logging.getLogger(__name__)
_ABANDONED = Invalid("every consumer that received this entry stopped before it was handled")


class HandlerFailed(Exception):
    """The handler raised on a batch; its entries are repeated one by one to find the cause."""


class Decoded(NamedTuple):
    """`event` is an outcome if the payload is no event that this release reads."""

    entry: Entry
    event: Event | Invalid | Later


class _Fresh(NamedTuple):
    """An event that this group has not handled yet."""

    entry: Entry
    event: Event
    span: Span


class BatchHandler:
    """Adds the effects of a batch to a transaction; its entries have at most one handler."""

    def __init__(self, consumer: Consumer, tracer: Tracer, secrets: Secrets) -> None:
        self._secrets = secrets
        self.spans = Spans(tracer, consumer)
        self._consumer = consumer

    async def handle(self, batch: Sequence[Decoded], transaction: Transaction) -> list[str]:
        """The outcome of each entry, as metrics and spans name it: done, duplicate, later, dead.

        Raises `HandlerFailed`, redis-py's errors, and `OSError` if what the handler needs is
        unavailable or full.
        """
        recorded: dict[str, str] = {}
        fresh = await self._deduplicate(batch, transaction, recorded)
        outcomes = await self._outcomes(fresh, transaction)
        for item, outcome in zip(fresh, outcomes, strict=True):
            recorded[item.entry.entry_id] = self._record(*item, outcome, transaction)
        return [recorded[entry.entry_id] for entry, _ in batch]

    async def _deduplicate(
        self, batch: Sequence[Decoded], transaction: Transaction, recorded: dict[str, str]
    ) -> list[_Fresh]:
        """The events to handle; the outcomes of all other entries go to `recorded`."""
        batch, seen = await self._seen(batch, transaction)
        fresh: list[_Fresh] = []
        for entry, event in batch:
            if not isinstance(event, Event):
                span = self.spans.begin(entry, None)
                recorded[entry.entry_id] = self._record(entry, None, span, event, transaction)
            elif event.event_id in seen:
                transaction.acknowledge(entry.entry_id)
                recorded[entry.entry_id] = "duplicate"
            elif entry.attempt > self._consumer.retry.max_attempts:
                span = self.spans.begin(entry, event)
                recorded[entry.entry_id] = self._record(entry, event, span, _ABANDONED, transaction)
            else:
                seen.add(event.event_id)
                fresh.append(_Fresh(entry, event, self.spans.begin(entry, event)))
        return fresh

    async def _seen(
        self, batch: Sequence[Decoded], transaction: Transaction
    ) -> tuple[Sequence[Decoded], set[str]]:
        """The batch and the ids that are handled; an id of another stream's event is replaced."""
        if not self._consumer.marks_seen:
            return batch, set()
        here, elsewhere = await transaction.seen(_ids_in(batch))
        if not elsewhere:
            return batch, here
        batch = [_apart(decoded, elsewhere) for decoded in batch]
        return batch, (await transaction.seen(_ids_in(batch))).here

    async def _outcomes(self, fresh: Sequence[_Fresh], state: Transaction) -> Sequence[Outcome]:
        """One outcome each; an event type without a handler is done."""
        handlers = self._consumer.handlers
        handled = [item for item in fresh if type(item.event) in handlers]
        outcomes = iter(await self._call_handler(handled, state) if handled else ())
        return [next(outcomes) if type(item.event) in handlers else Done() for item in fresh]

    async def _call_handler(self, items: Sequence[_Fresh], state: Transaction) -> Sequence[Outcome]:
        """`items` are not empty and have the same handler."""
        handle = self._consumer.handlers[type(items[0].event)]
        batch = [Delivered(event, entry.payload, entry.position) for entry, event, _ in items]
        try:
            if len(items) == 1:
                [(_, event, span)] = items
                about = {"stream": self._consumer.stream.name, "event_id": event.event_id}
                with log_context(**about), activate(span):
                    outcomes = await handle(batch, state)
            else:
                outcomes = await handle(batch, state)
            if outcomes is not None and len(outcomes) != len(items):
                raise ValueError(f"{len(outcomes)} outcomes for {len(items)} events")
        except RedisError:
            raise
        except Exception as error:  # any other exception is the failure of one entry
            if isinstance(error, Unavailable) or _is_a_full_disk(error):
                raise
            if len(items) > 1:
                raise HandlerFailed from error
            _log.exception("the handler raised", extra={"event_id": items[0].event.event_id})
            return (Later(self._secrets.hide(f"{type(error).__name__}: {error}")),)
        return [Done()] * len(items) if outcomes is None else outcomes

    def _record(
        self,
        entry: Entry,
        event: Event | None,
        span: Span,
        outcome: Outcome,
        transaction: Transaction,
    ) -> str:
        with activate(span):
            recorded = self._add_to_transaction(
                entry, event.event_id if event else "", outcome, transaction
            )
        span.set_attribute(OUTCOME, recorded)
        if not isinstance(outcome, Done):
            span.set_status(StatusCode.ERROR, outcome.reason)
        return recorded

    def _add_to_transaction(
        self, entry: Entry, event_id: str, outcome: Outcome, transaction: Transaction
    ) -> str:
        context = {
            "stream": self._consumer.stream.name,
            "event_id": event_id,
            "entry_id": entry.entry_id,
            "attempt": entry.attempt,
        }
        if isinstance(outcome, Done):
            transaction.apply(outcome)
            if self._consumer.marks_seen:
                transaction.mark_seen(event_id)
            transaction.acknowledge(entry.entry_id)
            _log.debug("done", extra=context)
            return "done"
        last_chance = entry.attempt >= self._consumer.retry.max_attempts
        if isinstance(outcome, Later) and not last_chance:
            wait = self._consumer.retry.wait_s(entry.attempt)
            _log.warning("later, in %.0f s: %s", wait, outcome.reason, extra=context)
            return "later"
        transaction.bury(
            DeadLetter(
                self._consumer.stream,
                self._consumer.group,
                entry.entry_id,
                entry.payload,
                outcome.reason,
                entry.attempt,
            )
        )
        transaction.acknowledge(entry.entry_id)
        _log.error("sent to the dead stream: %s", outcome.reason, extra=context)
        return "dead"


def _ids_in(batch: Sequence[Decoded]) -> list[str]:
    return list({event.event_id for _, event in batch if isinstance(event, Event)})


def _apart(decoded: Decoded, taken: set[str]) -> Decoded:
    entry, event = decoded
    if isinstance(event, Event) and event.event_id in taken:
        return Decoded(entry, under_another_id(event))
    return decoded


def _is_a_full_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
