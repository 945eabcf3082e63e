"""Take a dead letter away for good, and leave a line that says what it was."""

import logging
from typing import Any

from redis.asyncio import Redis

from ratchet_cli.dead_letters.buried import Buried

_log = logging.getLogger(__name__)


async def drop(redis: Redis, buried: Buried, by: str, reason: str) -> bool:
    """Whether it was there still; the line has no payload: that may be somebody's words."""
    letter = buried.letter
    client: Any = redis
    if not await client.xdel(letter.stream.dead_key, buried.entry_id):
        return False
    _log.warning(
        "dropped a dead letter",
        extra={
            "dead_letter": buried.name,
            "event_id": buried.event_id,
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
