"""Receipts: what is kept with a publication, so that it takes place once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratchet.contract import Event


@dataclass(frozen=True)
class Receipt:
    """What is kept under `key` in the transaction that publishes; `content` takes the new events.

    A publication with a receipt takes place once, however often it is asked for.
    """

    key: str
    ttl_s: int
    content: Callable[[Sequence[Event]], bytes]


class AlreadyPublished(Exception):
    """There is a receipt for it: its `content`, as it was kept."""

    def __init__(self, content: bytes) -> None:
        super().__init__("published before, under the same receipt")
        self.content = content
