"""What ingest needs from outside."""

from collections.abc import Sequence, Set
from typing import Protocol

from ratchet.contract import Event
from ratchet.delivery import Receipt


class Publisher(Protocol):
    """Returns once every event is acknowledged by the server, all or none, with the new ones.

    Of an id in `named`, only the first event that ever bears it is new. Raises
    `AlreadyPublished` where there is a receipt already.
    """

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        receipt: Receipt | None = None,
    ) -> tuple[Event, ...]: ...
