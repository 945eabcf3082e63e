"""Tombstones: the erased questions, so that late events do not restore them.

A tombstone is a key named by a salted hash. The installation has one salt, made by the first
erasure.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence, Set
from itertools import chain
from typing import Any, TypeVar

from redis.asyncio import Redis

from ratchet.contract import (
    BuiltExample,
    CallServed,
    Delivered,
    Event,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    State,
    TraceCaptured,
    TraceRequested,
)
from ratchet_text import spellings

E = TypeVar("E", bound=Event)
SALT_KEY = "ratchet:forgotten-salt"
_NONE_FOR_S = 1.0
TOMBSTONE = "ratchet:forgotten:"


def query_ids_of(event: Event) -> tuple[str, ...]:
    """The questions that `event` concerns."""
    match event:
        case ExperienceRecorded():
            return (event.experience.query_id,)
        case FeedbackReceived():
            return (event.feedback.query_id,)
        case ExperienceScored() | TraceRequested():
            return (event.query_id,)
        case TraceCaptured():
            return () if event.query_id is None else (event.query_id,)
        case CallServed():
            # A call is a question too: an application may use its id as the id of the question.
            return (event.call_id,) if event.query_id is None else (event.call_id, event.query_id)
        case BuiltExample():
            return tuple(source.query_id for source in event.sources)
        case _:
            return ()


def hashed(salt: bytes, name: str) -> str:
    """The salted hash of `name`, in hex."""
    return hmac.new(salt, name.encode(), hashlib.sha256).hexdigest()


async def forgotten_among(state: State, query_ids: Iterable[str]) -> set[str]:
    """Those of `query_ids` that have a tombstone, under whatever spelling it was set."""
    candidates = sorted(set(query_ids))
    if not candidates:
        return set()
    salt = (await state.read([SALT_KEY]))[SALT_KEY]
    if salt is None:
        return set()
    keys = {
        TOMBSTONE + hashed(salt, name): query_id
        for query_id in candidates
        for name in spellings(query_id)
    }
    tombstones = await state.read(list(keys))
    return {query_id for key, query_id in keys.items() if tombstones[key] is not None}


async def without_forgotten(state: State, batch: Sequence[Delivered[E]]) -> list[Delivered[E]]:
    """The deliveries in `batch` that concern no erased question, in order."""
    concerned = [query_ids_of(delivered.event) for delivered in batch]
    gone = await forgotten_among(state, chain.from_iterable(concerned))
    return [
        delivered
        for delivered, names in zip(batch, concerned, strict=True)
        if gone.isdisjoint(names)
    ]


class Tombstones:
    """Looks up tombstones; whether any exist is read at most once a second."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._none_until = 0.0

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        return dict(zip(keys, await self._redis.mget(keys), strict=True))

    async def among(self, query_ids: Set[str]) -> Set[str]:
        """Those of `query_ids` that have a tombstone; raises redis-py's errors."""
        if not query_ids or time.monotonic() < self._none_until:
            return frozenset()
        if await self._redis.get(SALT_KEY) is None:
            self._none_until = time.monotonic() + _NONE_FOR_S
            return frozenset()
        return await forgotten_among(self, query_ids)


async def bury(redis: Redis, query_ids: Iterable[str]) -> bytes:
    """Set a tombstone for each of `query_ids`; returns the installation's salt."""
    client: Any = redis
    await client.set(SALT_KEY, secrets.token_bytes(32), nx=True)
    salt = bytes(await client.get(SALT_KEY))
    tombstones = {TOMBSTONE + hashed(salt, query_id): b"1" for query_id in query_ids}
    if tombstones:
        await client.mset(tombstones)
    return salt
