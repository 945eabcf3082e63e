"""Facts whose state of the reward service expired early, because a clock was set."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from ledger.backends.stream_ends import StreamEnds
from ledger.domain.values import arrival_number, entry_numbered
from ledger.repair.streams import FACTS, INPUT, REWARD, LostEvent
from ratchet.contract import EntryId
from ratchet.delivery import group_positions

_STATE = "ratchet:reward:answered:"
_DAY_MS = 86_400_000
_CHUNK = 500


async def facts_without_state(
    redis: Redis, ends: StreamEnds, window_days: int, now_ms: int
) -> list[LostEvent]:
    """The facts about answers that the reward service has handled and knows nothing of any more.

    Its state is kept for two windows after the last fact. The facts are in the order of arrival.
    """
    since = EntryId(now_ms - (2 * window_days - 1) * _DAY_MS, 0)
    finished = {}
    for stream in FACTS:
        positions = {each.group: each for each in await group_positions(redis, stream)}
        if REWARD not in positions:
            return []
        finished[stream.name] = arrival_number(positions[REWARD].needs) or 0
    last = await asyncio.to_thread(ends.last_facts, [stream.name for stream in FACTS], since)
    handled = [
        query_id
        for query_id, arrived in last.items()
        if all(at < finished[stream] for stream, at in arrived.items())
    ]
    gone = await _without_state(redis, handled)
    facts: list[LostEvent] = []
    for stream in INPUT:
        rows = await asyncio.to_thread(ends.events_about, stream.name, gone)
        for arrived, body in rows:
            entry_id = entry_numbered(arrived)
            event = stream.adapter.validate_json(body).not_after(entry_id.latest)
            facts.append(LostEvent(entry_id, stream, event))
    return sorted(facts, key=lambda each: each.entry_id)


async def _without_state(redis: Redis, query_ids: Sequence[str]) -> list[str]:
    client: Any = redis
    gone: list[str] = []
    for start in range(0, len(query_ids), _CHUNK):
        page = query_ids[start : start + _CHUNK]
        async with client.pipeline(transaction=False) as pipe:
            for query_id in page:
                pipe.exists(_STATE + query_id)
            found = await pipe.execute()
        gone += [query_id for query_id, there in zip(page, found, strict=True) if not there]
    return gone
