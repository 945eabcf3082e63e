"""A moment at which every fact on the streams has become what it becomes."""

import asyncio
import time
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import BEGINNING, EXPERIENCES, FEEDBACK, STREAMS, EntryId, Stream

FACTS = (EXPERIENCES, FEEDBACK)
GROUP = "reward"
_PATIENCE_S = 5.0
_LOOK_S = 0.01


class NotQuiescent(RuntimeError):
    """What the reward service has still to do, and what to do about it."""


async def quiescent_ends(redis: Redis) -> dict[Stream, EntryId]:
    """The last entry of each stream, seen at one moment; raises `NotQuiescent` where none comes.

    The reward service acknowledges with what it emits, so nothing emitted is half there.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return await _ends(redis)
        except NotQuiescent:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(_LOOK_S)


async def _ends(redis: Redis) -> dict[Stream, EntryId]:
    pipe: Any = redis.pipeline(transaction=True)
    for stream in STREAMS:
        pipe.xrevrange(stream.key, count=1)
    for stream in FACTS:
        pipe.xinfo_groups(stream.key)
    answers = await pipe.execute(raise_on_error=False)
    ends = {
        stream: EntryId.parse(last[0][0].decode()) if last else BEGINNING
        for stream, last in zip(STREAMS, answers, strict=False)
    }
    for stream, groups in zip(FACTS, answers[len(STREAMS) :], strict=True):
        if ends[stream] > BEGINNING:
            _ensure_finished(stream, groups, ends[stream])
    return ends


def _ensure_finished(stream: Stream, groups: Any, end: EntryId) -> None:
    named = [group for group in groups if group["name"] == GROUP.encode()]
    if not named:
        raise NotQuiescent(f"the reward service has never read {stream.name}: start it first")
    [group] = named
    behind = EntryId.parse(group["last-delivered-id"].decode()) < end
    if group["pending"] or behind:
        raise NotQuiescent(
            f"the reward service has {group['pending']} entries of {stream.name} in hand"
            f"{' and others ahead' if behind else ''}: replay when less comes in"
        )
