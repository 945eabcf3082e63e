"""What ingest needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol

from ratchet.events.base import Event


class Publisher(Protocol):
    """Returns once every event is acknowledged by the server; all or none.

    Of the `named` ids, those published before are left out; `publish` returns their number.
    """

    async def publish(self, events: Sequence[Event], named: Collection[str] = ()) -> int: ...
