"""Waits until the reward service has processed every entry."""

import asyncio
import time
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import BEGINNING, CALLS, EXPERIENCES, FEEDBACK, STREAMS, EntryId, Stream

FACTS = (EXPERIENCES, FEEDBACK, CALLS)
"""The streams that the reward service reads."""
GROUP = "reward"
_TIMEOUT_S = 5.0
_POLL_S = 0.01


class NotQuiescent(RuntimeError):
    """Work is in progress; the message names it and the remedy."""


async def quiescent_ends(redis: Redis) -> dict[Stream, EntryId]:
    """The last entry of each stream, all read at one time without work in progress.

    Raises `NotQuiescent` if there is no such time within 5 seconds.
    """
    until = time.monotonic() + _TIMEOUT_S
    while True:
        try:
            return await _ends(redis)
        except NotQuiescent:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(_POLL_S)


async def _ends(redis: Redis) -> dict[Stream, EntryId]:
    # One transaction reads all of it. The reward service acknowledges an entry in the transaction
    # that appends its results: with nothing pending, the ends contain each result of each fact.
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
    matching = [group for group in groups if group["name"] == GROUP.encode()]
    if not matching:
        raise NotQuiescent(f"The reward service has not read {stream.name} yet. Start it first.")
    [group] = matching
    behind = EntryId.parse(group["last-delivered-id"].decode()) < end
    if group["pending"] or behind:
        raise NotQuiescent(
            f"The reward service has {group['pending']} pending entries of {stream.name}"
            f"{' and has not read the last ones' if behind else ''}. "
            "Run the replay again when fewer events arrive."
        )
