"""Turns the items of a request into events and publishes them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ingest.domain.corrections import Correction
from ingest.domain.item_size import too_large_part
from ingest.domain.items import (
    ItemProblem,
    SortedItems,
    ValidItem,
    lacks_plan,
    read_experience,
    sort_items,
    without_erased,
)
from ingest.domain.pairs import Pair, pair_built
from ingest.domain.received import (
    correction_received,
    experience_recorded,
    feedback_received,
)
from ingest.domain.sent_fields import unknown_fields, without_empty
from ingest.domain.traces import Trace, trace_captured
from ingest.event_batch import EventBatch, awaiting_approval
from ingest.metrics import IngestMetrics
from ratchet.contract import (
    CLOCK_TOLERANCE_S,
    ClientInput,
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    utc_now,
)
from ratchet.delivery import IdempotencyRecord, data_of, new_id
from ratchet_edge.clients import Client
from ratchet_edge.room import ClientPublishers

M = TypeVar("M", bound=BaseModel)
Read = Callable[[Mapping[str, Any], ClientInput], M]
ErasedAmong = Callable[[Set[str]], Awaitable[Set[str]]]
"""Returns the given query ids that were erased."""
_log = logging.getLogger(__name__)
_AT_ONCE = 100
_TICK = timedelta(microseconds=1)
"""Keeps the items of one request in their order."""


class Intake:
    """Reads items into batches, and publishes batches."""

    def __init__(
        self,
        publishers: ClientPublishers,
        metrics: IngestMetrics,
        naive_zone: str,
        erased_among: ErasedAmong,
        max_item_bytes: int,
        clock_tolerance_s: float = CLOCK_TOLERANCE_S,
    ) -> None:
        self._publishers = publishers
        self._erased_among = erased_among
        self._metrics = metrics
        self._zone = ZoneInfo(naive_zone)
        self._tolerance = timedelta(seconds=clock_tolerance_s)
        self._max_item_bytes = max_item_bytes

    async def experiences(self, items: Sequence[Any], may_teach: bool = True) -> EventBatch:
        """Unless the client `may_teach`, corrections among the items wait for approval."""
        now = utc_now()
        batch = await self._read(
            "experience",
            items,
            lambda item, sent: read_experience(item, now, sent),
            experience_recorded,
            now,
            Experience,
        )
        if any(lacks_plan(items[index]) for index in batch.indexes):
            batch = replace(batch, without_plan=_without_plan(batch, items))
        return batch if may_teach else awaiting_approval(batch)

    async def feedback(self, items: Sequence[Any], may_teach: bool = True) -> EventBatch:
        """Unless the client `may_teach`, corrections among the items wait for approval."""
        read = _reader(Feedback)
        batch = await self._read("feedback", items, read, feedback_received, utc_now(), Feedback)
        return batch if may_teach else awaiting_approval(batch)

    async def corrections(self, items: Sequence[Any]) -> EventBatch:
        read = _reader(Correction)
        return await self._read("correction", items, read, correction_received, utc_now())

    async def traces(self, items: Sequence[Any]) -> EventBatch:
        return await self._read("trace", items, _reader(Trace), trace_captured, utc_now())

    async def pairs(self, items: Sequence[Any]) -> EventBatch:
        return await self._read("pair", items, _reader(Pair), pair_built, utc_now())

    async def publish(
        self, batch: EventBatch, client: Client, record: IdempotencyRecord | None = None
    ) -> int:
        """Publish the events of `batch`; returns how many of them `client` published before.

        Durable on return. Raises `AlreadyPublished` if `record` has a stored answer, `ShareUsed`,
        and redis-py's errors as they are. A batch without events stores no record, so the request
        can be corrected under the same key.
        """
        new: Sequence[Event] = ()
        if batch.events:
            publisher = self._publishers.of(client)
            new = await publisher.publish(batch.events, batch.named, record, batch.data)
        accepted, repeated = len(batch.events), len(batch.events) - len(new)
        self._metrics.count(batch.kind, len(new), repeated, batch.received - accepted)
        for event in new:
            if isinstance(event, ExperienceRecorded) and event.event_id in batch.without_plan:
                self._metrics.without_plan.inc()
                _log.warning(
                    "no widget plan; counts for voice only",
                    extra={"query_id": event.experience.query_id},
                )
        return repeated

    async def _read(
        self,
        kind: str,
        items: Sequence[Any],
        read: Read[M],
        event: Callable[[M, str, datetime], Event],
        now: datetime,
        judged: type[BaseModel] | None = None,
    ) -> EventBatch:
        """An item without a time of its own occurs at `now`, and after the item before it.

        Items of the model `judged` must have content, and their unknown fields are named.
        """
        sent = ClientInput(self._zone, now + self._tolerance)
        rows = await self._sort(items, lambda item: read(item, sent), sent)
        if judged is not None:
            rows = without_empty(rows)
        query_ids = {getattr(item.body, "query_id", None) for item in rows.valid} - {None}
        # A tombstone outlives the data: an item that arrives late must not bring it back.
        if erased := await self._erased_among(cast(set[str], query_ids)):
            rows = without_erased(rows, erased)
        accepted: list[tuple[ValidItem[M], Event, bytes]] = []
        too_large: list[ItemProblem] = []
        for number, item in enumerate(rows.valid):
            one = event(
                item.body,
                item.identity.event_id or new_id(),
                item.identity.occurred_at or now + number * _TICK,
            )
            data = data_of(one)
            if len(data) > self._max_item_bytes:
                field, message = too_large_part(
                    item.body.model_dump(mode="json"), len(data), self._max_item_bytes
                )
                too_large.append(ItemProblem(item.index, field, message))
            else:
                accepted.append((item, one, data))
        indexes = tuple(item.index for item, _, _ in accepted)
        warnings, mistaken = unknown_fields(items, set(indexes), judged) if judged else ((), ())
        return EventBatch(
            kind,
            len(items),
            tuple(one for _, one, _ in accepted),
            tuple(data for _, _, data in accepted),
            indexes,
            frozenset(i.identity.event_id for i, _, _ in accepted if i.identity.event_id),
            (*rows.problems, *too_large, *mistaken),
            tuple(warnings),
        )

    async def _sort(
        self, items: Sequence[Any], read: Callable[[Mapping[str, Any]], M], sent: ClientInput
    ) -> SortedItems[M]:
        """`sort_items`, with a turn for other requests after each `_AT_ONCE` items."""
        valid: list[ValidItem[M]] = []
        problems: list[ItemProblem] = []
        for first in range(0, len(items), _AT_ONCE):
            if first:
                await asyncio.sleep(0)
            part = sort_items(items[first : first + _AT_ONCE], read, sent, first)
            valid.extend(part.valid)
            problems.extend(part.problems)
        return SortedItems(tuple(valid), tuple(problems))


def _without_plan(batch: EventBatch, items: Sequence[Any]) -> frozenset[str]:
    """The event ids whose first item lacks a plan."""
    lacking: dict[str, bool] = {}
    for event, index in zip(batch.events, batch.indexes, strict=True):
        lacking.setdefault(event.event_id, lacks_plan(items[index]))
    return frozenset(event_id for event_id, lacks in lacking.items() if lacks)


def _reader(model: type[M]) -> Read[M]:
    return lambda item, sent: model.model_validate(item, context=sent)
