"""In-memory fakes; they pass the same tests as the real implementations."""

from collections.abc import Sequence, Set
from dataclasses import replace

from ratchet.contract import Event
from ratchet.delivery import AlreadyPublished, IdempotencyRecord


class MemoryPublisher:
    """Collects published events in a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._published: set[str] = set()
        self._records: dict[str, IdempotencyRecord] = {}

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        record: IdempotencyRecord | None = None,
    ) -> tuple[Event, ...]:
        if record is not None and record.key in self._records:
            raise AlreadyPublished(self._records[record.key])
        new: list[Event] = []
        repeated: list[str] = []
        for event in events:
            if event.event_id in named and event.event_id in self._published:
                repeated.append(event.event_id)
            else:
                new.append(event)
                self._published |= named & {event.event_id}
        self.events.extend(new)
        if record is not None:
            self._records[record.key] = replace(record, repeated=tuple(repeated))
        return tuple(new)

    async def publish_once(self, event: Event) -> bool:
        return bool(await self.publish([event], named={event.event_id}))
