"""In-memory fakes of ports; they pass the same tests as the real implementations."""

from collections.abc import Sequence, Set

from ratchet.contract import Event
from ratchet.delivery import AlreadyPublished, Receipt


class MemoryPublisher:
    """Collects published events in a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._published: set[str] = set()
        self._receipts: dict[str, bytes] = {}

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        receipt: Receipt | None = None,
    ) -> tuple[Event, ...]:
        if receipt is not None and receipt.key in self._receipts:
            raise AlreadyPublished(self._receipts[receipt.key])
        new: list[Event] = []
        for event in events:
            if event.event_id not in named or event.event_id not in self._published:
                new.append(event)
                self._published |= named & {event.event_id}
        self.events.extend(new)
        if receipt is not None:
            self._receipts[receipt.key] = receipt.content(new)
        return tuple(new)

    async def publish_once(self, event: Event) -> bool:
        return bool(await self.publish([event], named={event.event_id}))
