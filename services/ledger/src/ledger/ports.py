"""The database of the ledger, as its handlers use it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ratchet.contract import Delivered, Event, ForgetRequested


class Ledger(Protocol):
    """Stores events."""

    def write(self, batch: Sequence[Delivered[Event]]) -> int:
        """Store each payload once, with the rows derived from it; returns how many are new.

        On return all of it is durable. Raises `ratchet.contract.Unavailable`, with nothing
        written, if the database is unavailable or its disk is full.
        """
        ...


class Erased(NamedTuple):
    """Counts by kind, and the ids of all examples that were ever erased for the request."""

    counts: dict[str, int]
    examples: tuple[str, ...]


class LedgerErasure(Protocol):
    """Erases questions."""

    def forget(self, request: ForgetRequested) -> Erased:
        """Erase what `request` names; counts cover what this call erased.

        Raises `ratchet.contract.Unavailable` if the database is unavailable or its disk is full.
        """
        ...
