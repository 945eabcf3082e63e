"""Every stream with its groups, and what is dead."""

from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS, Stream
from ratchet.delivery import Standing, standings
from ratchet_cli.doctor.groups import GroupFacts, StreamFacts

_WITHOUT_A_GROUP = {"ingest"}
"""Each of its replicas reads every entry by itself."""

_WHERE_IT_IS_SET = {("trace-requests", "trainer")}
"""Read where a teacher is set, and written all the same."""


async def probe(redis: Redis) -> list[StreamFacts]:
    """Raises redis-py's errors."""
    client: Any = redis
    seconds, _ = await client.time()
    return [
        StreamFacts(
            name=stream.name,
            readers=tuple(name for name in stream.consumers if _is_read(stream, name)),
            entries=await client.xlen(stream.key),
            dead=await client.xlen(stream.dead_key),
            groups=tuple(_facts(one, seconds) for one in await standings(redis, stream)),
        )
        for stream in STREAMS
    ]


def _is_read(stream: Stream, reader: str) -> bool:
    return reader not in _WITHOUT_A_GROUP and (stream.name, reader) not in _WHERE_IT_IS_SET


def _facts(standing: Standing, now_s: int) -> GroupFacts:
    if standing.oldest_ms is None or standing.idle_ms is None:
        return GroupFacts(standing.group, standing.pending)
    age_s = max(0.0, now_s - standing.oldest_ms / 1000)
    return GroupFacts(standing.group, standing.pending, age_s, standing.idle_ms / 1000)
