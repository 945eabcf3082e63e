"""Lists, retries and drops dead letters, as rows for `--json`.

Each function connects to the Redis at `url`; errors of the connection end the command.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis

from ratchet.command_line import redis_connection
from ratchet.contract import Stream
from ratchet_cli.dead_letters.letters import DeadLetters, StoredLetter
from ratchet_cli.dead_letters.retry import LetterRetry, Retried

_log = logging.getLogger(__name__)

LetterRow = dict[str, Any]


async def list_page(
    url: str, streams: Sequence[Stream], limit: int, after: str | None
) -> dict[str, Any]:
    """At most `limit` letters that follow `after`; raises `NoSuchLetter`."""
    async with redis_connection(url) as redis:
        letters = DeadLetters(redis, streams)
        now_ms = await _redis_time_ms(redis)
        rows: list[LetterRow] = []
        more = False
        async for stored in letters.walk(after):
            if more := len(rows) == limit:
                break
            rows.append(_row(stored, now_ms))
        counts = await letters.counts()
        return {
            "total": sum(counts.values()),
            "streams": counts,
            "letters": rows,
            "next": rows[-1]["id"] if more else None,
        }


async def find_letters(
    url: str, streams: Sequence[Stream], ids: Sequence[str] | None
) -> list[StoredLetter]:
    """The letters with these names, or all if `ids` is None; raises `NoSuchLetter`."""
    async with redis_connection(url) as redis:
        letters = DeadLetters(redis, streams)
        return [one async for one in (letters.walk() if ids is None else _found(letters, ids))]


async def retry_letters(
    url: str, streams: Sequence[Stream], ids: Sequence[str] | None
) -> dict[str, list[LetterRow]]:
    """Retry the letters with these names, or all if `ids` is None; raises `NoSuchLetter`.

    Letters that are written meanwhile are left out, so that a repeated failure ends.
    """
    async with redis_connection(url) as redis:
        letters = DeadLetters(redis, streams)
        retries = {stream.name: LetterRetry(redis, stream) for stream in streams}
        started_ms = await _redis_time_ms(redis)
        retried: list[LetterRow] = []
        kept: list[LetterRow] = []
        deleted: set[str] = set()
        async for stored in letters.walk() if ids is None else _found(letters, ids):
            if stored.name in deleted or stored.stored_at_ms > started_ms:
                continue
            result = await retries[stored.letter.stream.name].retry(stored)
            if isinstance(result, Retried):
                retried.append(_retried_row(stored, result))
                deleted.update(retried[-1]["letters"])
            else:
                kept.append({"id": stored.name, "reason": result.reason})
        return {"retried": retried, "kept": kept}


async def drop_letters(
    url: str, letters: Sequence[StoredLetter], by: str, reason: str
) -> list[LetterRow]:
    """Delete `letters`; returns those that still existed."""
    async with redis_connection(url) as redis:
        now_ms = await _redis_time_ms(redis)
        return [
            _row(stored, now_ms) for stored in letters if await _drop(redis, stored, by, reason)
        ]


async def _drop(redis: Redis, stored: StoredLetter, by: str, reason: str) -> bool:
    """Whether it still existed. The log line omits the payload, which may be personal data."""
    letter = stored.letter
    client: Any = redis
    if not await client.xdel(letter.stream.dead_key, stored.entry_id):
        return False
    _log.warning(
        "dropped a dead letter",
        extra={
            "dead_letter": stored.name,
            "event_id": stored.event_id,
            "group": letter.group,
            "entry_id": letter.entry_id,
            "attempts": letter.attempts,
            "error": letter.error,
            "bytes": len(letter.payload),
            "by": by,
            "reason": reason,
        },
    )
    return True


async def _found(letters: DeadLetters, ids: Sequence[str]) -> AsyncIterator[StoredLetter]:
    """All are looked up before the first is returned: a wrong name changes nothing."""
    for stored in [await letters.find(name) for name in dict.fromkeys(ids)]:
        yield stored


async def _redis_time_ms(redis: Redis) -> int:
    """The clock that the ids of entries are made from."""
    client: Any = redis
    seconds, micros = await client.time()
    return int(seconds * 1000 + micros // 1000)


def _row(stored: StoredLetter, now_ms: int) -> LetterRow:
    """`retry_fault` is the reason why a retry would fail again, None if it may succeed."""
    letter = stored.letter
    return {
        "id": stored.name,
        "stream": letter.stream.name,
        "event_id": stored.event_id,
        "group": letter.group,
        "entry_id": letter.entry_id,
        "attempts": letter.attempts,
        "age_s": round((now_ms - stored.stored_at_ms) / 1000, 1),
        "error": letter.error,
        "retry_fault": stored.fault,
        "payload": letter.payload.decode(errors="backslashreplace"),
    }


def _retried_row(stored: StoredLetter, retried: Retried) -> LetterRow:
    return {
        "event_id": stored.event_id,
        "stream": stored.letter.stream.name,
        "entry_id": retried.entry_id,
        "groups": list(retried.groups),
        "letters": [letter.name for letter in retried.letters],
    }
