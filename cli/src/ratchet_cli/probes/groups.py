"""Every stream with its groups, and what is dead."""

from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS, GroupPosition, Stream
from ratchet.delivery import group_positions
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
            groups=tuple(_facts(one, seconds) for one in await group_positions(redis, stream)),
        )
        for stream in STREAMS
    ]


def _is_read(stream: Stream, reader: str) -> bool:
    return reader not in _WITHOUT_A_GROUP and (stream.name, reader) not in _WHERE_IT_IS_SET


def _facts(position: GroupPosition, now_s: int) -> GroupFacts:
    if position.oldest_pending is None or position.idle_ms is None:
        return GroupFacts(position.group, position.pending)
    age_s = max(0.0, now_s - position.oldest_pending.ms / 1000)
    return GroupFacts(position.group, position.pending, age_s, position.idle_ms / 1000)
