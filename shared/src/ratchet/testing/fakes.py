"""In-memory stand-ins for ports; the same test suites run on them and on the real things."""

from collections.abc import Collection, Sequence

from ratchet.events.base import Event


class MemoryPublisher:
    """`ratchet.publisher.Publisher` over a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def publish(self, events: Sequence[Event], named: Collection[str] = ()) -> int:
        before = len(self.events)
        for event in events:
            known = any(event.event_id == other.event_id for other in self.events)
            if not known or event.event_id not in named:
                self.events.append(event)
        return before + len(events) - len(self.events)

    async def publish_once(self, event: Event) -> bool:
        return await self.publish([event], named={event.event_id}) == 0
