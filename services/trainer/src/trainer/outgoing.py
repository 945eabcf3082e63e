"""Publish what was committed: at least once, and found published when it was."""

import asyncio
from dataclasses import dataclass

from trainer.ports import Outbox, Publish


@dataclass(frozen=True)
class Outgoing:
    outbox: Outbox
    publisher: Publish

    async def publish_due(self) -> None:
        """Publish in the order of the commits; raises redis-py's errors."""
        for event in await asyncio.to_thread(self.outbox.unpublished):
            await self.publisher.publish_once(event)
            await asyncio.to_thread(self.outbox.published, event.event_id)
