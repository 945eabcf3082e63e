"""The database of the ledger, as its handlers use it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ratchet.contract import Event, ForgetRequested


class Ledger(Protocol):
    def write(self, batch: Sequence[Event]) -> int:
        """Store each event once, by its id, with its projections; returns how many were new.

        On return all of it is durable. Raises `ratchet.contract.Unavailable`, with nothing
        written, if the database is unavailable or its disk is full.
        """
        ...


class Erased(NamedTuple):
    """Counts by kind, and the ids of all examples that were ever erased for the request."""

    counts: dict[str, int]
    examples: tuple[str, ...]


class LedgerErasure(Protocol):
    def forget(self, request: ForgetRequested) -> Erased:
        """Erase what `request` names; counts cover what this call erased.

        Raises `ratchet.contract.Unavailable` if the database is unavailable or its disk is full.
        """
        ...
