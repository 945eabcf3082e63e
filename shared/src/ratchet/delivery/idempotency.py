"""Records of what was published: the answer to a request, and the event ids that clients chose."""

import json
from dataclasses import dataclass
from typing import TypeVar

from ratchet.contract import Event, derived_id, stream_of

RECORD_TTL_S = 86_400
_OF_AN_EARLIER_RELEASE = b"1"
_SHORT = 16
E = TypeVar("E", bound=Event)


def published_key(event_id: str) -> str:
    """The mark that an event was published under an id that its owner chose."""
    return f"ratchet:published:{event_id}"


def under_another_id(event: E, owner: str = "") -> E:
    """`event` under an id of its own, where another stream or owner has its id; always the same."""
    parts = stream_of(event).name, owner, event.event_id
    return event.model_copy(update={"event_id": derived_id("chosen twice", *parts)})


@dataclass(frozen=True)
class PublishedMark:
    """An event that was published under an id that its `owner` chose; empty for a service.

    Two events with one id are one fact if they are of one stream, and of one owner or with equal
    content. Otherwise each is a fact of its own.
    """

    event: Event
    owner: str

    @property
    def key(self) -> str:
        return published_key(self.event.event_id)

    def encode(self) -> bytes:
        content = self.event.model_dump_json(exclude={"event_id", "occurred_at", "trace"})
        hashes = derived_id(self.owner)[:_SHORT], derived_id(content)[:_SHORT]
        return " ".join((stream_of(self.event).name, *hashes)).encode()

    def repeats(self, stored: bytes | None) -> bool:
        """Whether the mark `stored` is of the same fact; one of an earlier release always is."""
        if stored is None or stored == _OF_AN_EARLIER_RELEASE:
            return stored is not None
        (stream, owner, content), own = stored.split(), self.encode().split()
        return stream == own[0] and (owner == own[1] or content == own[2])

    def renamed(self) -> "PublishedMark":
        """The same fact under an id that nobody else can choose."""
        return PublishedMark(under_another_id(self.event, self.owner), self.owner)


@dataclass(frozen=True)
class IdempotencyRecord:
    """The answer to a request, stored under `key` in the transaction that publishes its events.

    `fingerprint` identifies the request; `status` and `body` are the answer. `repeated` holds the
    ids of its events that were already published: only the transaction itself can know them.
    """

    key: str
    fingerprint: str
    status: int
    body: str
    repeated: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The stored JSON. With nothing repeated it is what every earlier release stored."""
        return json.dumps([self.fingerprint, self.status, self.body, *self.repeated]).encode()

    @classmethod
    def decode(cls, key: str, content: bytes) -> "IdempotencyRecord":
        fingerprint, status, body, *repeated = json.loads(content)
        return cls(key, fingerprint, status, body, tuple(repeated))


class AlreadyPublished(Exception):
    """The request was answered before; `record` is the stored answer."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__("published before, under the same idempotency key")
        self.record = record
