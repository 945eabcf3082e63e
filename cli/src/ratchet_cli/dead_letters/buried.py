"""A dead letter in its stream, and why it would fail again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from ratchet.contract import Stream
from ratchet.delivery import DeadLetter, describe, newer_release

ENTRY_ID = re.compile(r"\d{1,20}-\d{1,20}")


@dataclass(frozen=True)
class Buried:
    """`entry_id` is its own in the dead stream; `letter.entry_id` is where it failed."""

    entry_id: str
    letter: DeadLetter

    @property
    def name(self) -> str:
        """What a person calls it by, one for each dead letter of all streams."""
        return f"{self.letter.stream.name}/{self.entry_id}"

    @property
    def buried_at_ms(self) -> int:
        """When it came into the dead stream, by the clock of Redis."""
        return int(self.entry_id.partition("-")[0])

    @cached_property
    def event_id(self) -> str | None:
        """None where the payload is no JSON object that names one."""
        try:
            message = json.loads(self.letter.payload)
        except (ValueError, RecursionError):
            return None
        event_id = message.get("event_id") if isinstance(message, dict) else None
        return event_id if isinstance(event_id, str) else None

    @cached_property
    def fault(self) -> str | None:
        """What every consumer would say of the payload; None where it is a sound event."""
        if ENTRY_ID.fullmatch(self.letter.entry_id) is None:
            return "it does not name the entry it failed at, so no group can be told from another"
        try:
            self.letter.stream.adapter.validate_json(self.letter.payload)
        except ValidationError as error:
            return newer_release(self.letter.stream, self.letter.payload) or describe(error)
        return None


def read(stream: Stream, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Buried:
    """The entry of a dead stream; what it lacks is empty."""

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode(errors="backslashreplace")

    attempts = text(b"attempts")
    letter = DeadLetter(
        stream=stream,
        group=text(b"group"),
        entry_id=text(b"entry_id"),
        payload=fields.get(b"payload", b""),
        error=text(b"error"),
        attempts=int(attempts) if attempts.isdecimal() else 0,
    )
    return Buried(entry_id.decode(), letter)
