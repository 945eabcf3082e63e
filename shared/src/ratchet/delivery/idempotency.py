"""Idempotency records: the answer to a request, stored so that its events are published once."""

import json
from dataclasses import dataclass

RECORD_TTL_S = 86_400


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
