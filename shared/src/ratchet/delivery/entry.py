"""Decodes stream entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from faststream.redis.parser import BinaryMessageFormatV1
from pydantic import ValidationError

from ratchet.contract import Event, Invalid, Later, Stream
from ratchet.delivery.publisher import DATA_FIELD
from ratchet.delivery.release import newer_release

_DATA = DATA_FIELD.encode()
_MAX_PROBLEMS = 5


@dataclass(frozen=True)
class Entry:
    """A delivered entry; `attempt` is 1 for the first delivery."""

    entry_id: str
    fields: Mapping[bytes, bytes]
    attempt: int

    @property
    def payload(self) -> bytes:
        """The data field without its envelope; all fields if there is none."""
        if _DATA in self.fields:
            return unwrap(self.fields[_DATA])
        return b"\n".join(key + b"=" + value for key, value in self.fields.items())

    def decode(self, stream: Stream) -> Event | Invalid | Later:
        """The event; `Later` if a newer release may have written it, else `Invalid`."""
        if _DATA not in self.fields:
            return Invalid(f"the entry has no field {DATA_FIELD}; send the event's JSON in it")
        try:
            return cast(Event, stream.adapter.validate_json(self.payload))
        except ValidationError as error:
            newer = newer_release(stream, self.payload)
            return Later(newer) if newer else Invalid(describe(error))


def unwrap(message: bytes) -> bytes:
    """The JSON inside FastStream's binary envelope, or `message` where a plain XADD wrote it."""
    if message.startswith(BinaryMessageFormatV1.IDENTITY_HEADER):
        return BinaryMessageFormatV1.parse(message)[0]
    return message


def describe(error: ValidationError) -> str:
    """The invalid fields and their problems, in one line."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'message'}: {problem['msg']}"
        for problem in problems[:_MAX_PROBLEMS]
    ]
    hidden = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {hidden} more" if hidden else "")
