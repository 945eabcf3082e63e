"""A dead letter: an event that no retry can handle, stored whole with its error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ratchet.contract import Stream


@dataclass(frozen=True)
class DeadLetter:
    """`payload` is the message as received; `attempts` counts its deliveries to `group`."""

    stream: Stream
    group: str
    entry_id: str
    payload: bytes
    error: str
    attempts: int

    def fields(self) -> dict[str, bytes | str | int]:
        """The fields of its entry in the dead stream."""
        return {
            "group": self.group,
            "entry_id": self.entry_id,
            "payload": self.payload,
            "error": self.error,
            "attempts": self.attempts,
        }

    @classmethod
    def of_fields(cls, stream: Stream, fields: Mapping[bytes, bytes]) -> Self:
        """Read what `fields` wrote; a missing field is empty."""

        def text(name: bytes) -> str:
            return fields.get(name, b"").decode(errors="backslashreplace")

        attempts = text(b"attempts")
        return cls(
            stream=stream,
            group=text(b"group"),
            entry_id=text(b"entry_id"),
            payload=fields.get(b"payload", b""),
            error=text(b"error"),
            attempts=int(attempts) if attempts.isdecimal() else 0,
        )
