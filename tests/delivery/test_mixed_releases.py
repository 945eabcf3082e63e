"""An event of a newer release that an older one reads waits and is not lost."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    CancelRequested,
    Done,
    Outcome,
    State,
    Stream,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Consumer, Publisher, RetryPolicy
from ratchet_cli.dead_letters.letters import DeadLetters
from ratchet_cli.dead_letters.retry import LetterRetry, NotRetried, Retried
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

OLD = replace(COMMANDS, events=(TrainingRequested,))
NEWS = CancelRequested(event_id=derived_id("news"), occurred_at=utc_now(), requested_by="new")
KNOWN = TrainingRequested(event_id=derived_id("known"), occurred_at=utc_now(), requested_by="old")
SOON = RetryPolicy(max_attempts=2, base_s=0.1, cap_s=0.1)
PATIENT = RetryPolicy(max_attempts=1000, base_s=0.1, cap_s=0.1)


@asynccontextmanager
async def release(
    url: str, stream: Stream, took: list[str], retry: RetryPolicy
) -> AsyncIterator[None]:
    async def handle(batch: Sequence[Any], state: State) -> list[Outcome]:
        took.extend(event.requested_by for event, *_ in batch)
        return [Done() for _ in batch]

    consumer = Consumer(stream, "test", dict.fromkeys(stream.events, handle), retry=retry)
    async with at_work(url, consumer, name=str(len(stream.events))):
        yield


async def taken(took: list[str], count: int) -> bool:
    return len(took) == count


async def test_the_old_release_buries_it_with_the_remedy_and_the_new_one_handles_it(
    redis: Redis, valkey_url: str
):
    took: list[str] = []
    await Publisher(redis).publish([NEWS, KNOWN])
    async with release(valkey_url, OLD, took, SOON):
        assert await eventually(lambda: redis.xlen(OLD.dead_key)) == 1
    assert took == ["old"]
    [letter] = [buried async for buried in DeadLetters(redis, [OLD]).walk()]
    assert json.loads(letter.letter.payload) == NEWS.model_dump(mode="json")
    assert "type: 'CancelRequested' is not known on commands" in letter.letter.error
    assert "`ratchet dead retry --all --stream commands`" in letter.letter.error
    assert isinstance(await LetterRetry(redis, OLD).retry(letter), NotRetried)

    [letter] = [buried async for buried in DeadLetters(redis, [COMMANDS]).walk()]
    assert isinstance(await LetterRetry(redis, COMMANDS).retry(letter), Retried)
    async with release(valkey_url, COMMANDS, took, SOON):
        await eventually(partial(taken, took, 2))
    assert took == ["old", "new"]
    assert await redis.xlen(COMMANDS.dead_key) == 0


async def test_a_replica_of_the_new_release_claims_it_from_one_of_the_old(
    redis: Redis, valkey_url: str
):
    took: list[str] = []
    await Publisher(redis).publish([NEWS])
    async with release(valkey_url, OLD, took, PATIENT):

        async def in_hand() -> int:
            return int((await redis.xpending(OLD.key, "test"))["pending"])

        await eventually(in_hand)
        async with release(valkey_url, COMMANDS, took, PATIENT):
            await eventually(partial(taken, took, 1))
    assert took == ["new"]
    assert await redis.xlen(COMMANDS.dead_key) == 0
