"""What ingest needs from outside."""

from collections.abc import Sequence
from typing import Protocol

from ratchet.events.base import Event


class Publisher(Protocol):
    """Returns once every event is acknowledged by the server; all or none."""

    async def publish(self, events: Sequence[Event]) -> None: ...
