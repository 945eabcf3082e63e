"""Publish what was committed: at least once, and found published when it was."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from ratchet.contract import utc_now
from trainer.backends.sql.outbox import SqlOutbox
from trainer.ports import EventPublisher

_REMEMBERED = timedelta(days=29)
"""For so long, and a day more, Redis knows what was published."""


@dataclass(frozen=True)
class Outgoing:
    outbox: SqlOutbox
    publisher: EventPublisher

    async def publish_due(self) -> None:
        """Publish in the order of the commits; raises redis-py's errors."""
        for event in await asyncio.to_thread(self.outbox.unpublished):
            await self.publisher.publish_once(event)
            await asyncio.to_thread(self.outbox.published, event.event_id)

    async def offer_again(self) -> None:
        """Whatever a server has lost that lost its last second, or came back from a backup.

        One that has it knows it again. Without its checkpoint an accepted model would never serve.
        """
        since = (utc_now() - _REMEMBERED).date()
        await asyncio.to_thread(self.outbox.offer_again, since)
