"""Deletes a dead letter and logs what it was."""

import logging
from typing import Any

from redis.asyncio import Redis

from ratchet_cli.dead_letters.letters import StoredLetter

_log = logging.getLogger(__name__)


async def drop(redis: Redis, stored: StoredLetter, by: str, reason: str) -> bool:
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
