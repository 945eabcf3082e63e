"""Publishes committed events from the outbox, at least once; publishing is idempotent."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from ratchet.contract import utc_now
from ratchet.delivery import Publisher
from trainer.backends.sql.outbox import SqlOutbox

_REPUBLISHED = timedelta(days=29)
"""One day less than Redis remembers the ids of published events, so that none counts twice."""


@dataclass(frozen=True)
class OutboxRelay:
    outbox: SqlOutbox
    publisher: Publisher

    async def publish_due(self) -> None:
        """Publish in commit order; raises redis-py's errors."""
        for event in await asyncio.to_thread(self.outbox.unpublished):
            await self.publisher.publish_once(event)
            await asyncio.to_thread(self.outbox.mark_published, event.event_id)

    async def republish_recent(self) -> None:
        """Mark recent events as due again: Redis may have lost its last second or been restored.

        A Redis that still has an event ignores the repetition. Without its checkpoint event an
        accepted model would never be exported.
        """
        since = (utc_now() - _REPUBLISHED).date()
        await asyncio.to_thread(self.outbox.mark_unpublished, since)
