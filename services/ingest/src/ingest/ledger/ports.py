"""What the ledger's process needs from outside itself."""

from collections.abc import Sequence
from typing import Protocol

from ratchet.events.base import Event


class Ledger(Protocol):
    def write(self, batch: Sequence[Event]) -> int:
        """Keep each event once, by its id, and all that follows from it; returns how many were new.

        Durable on return, or nothing of it. Raises `ratchet.outcomes.Unavailable` where the
        database is away or its disk is full.
        """
        ...
