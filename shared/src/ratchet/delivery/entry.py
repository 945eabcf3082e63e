"""Decodes stream entries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from faststream.redis.parser import BinaryMessageFormatV1
from pydantic import ValidationError

from ratchet.contract import ClientInput, EntryId, Event, Invalid, Later, Stream
from ratchet.delivery.publisher import DATA_FIELD

_DATA = DATA_FIELD.encode()
_MAX_PROBLEMS = 5


@dataclass(frozen=True)
class Entry:
    """A delivered entry; `attempt` is 1 for the first delivery."""

    entry_id: str
    fields: Mapping[bytes, bytes]
    attempt: int

    @property
    def position(self) -> EntryId:
        return EntryId.parse(self.entry_id)

    @property
    def payload(self) -> bytes:
        """The data field without its envelope; all fields if there is none."""
        if _DATA in self.fields:
            return unwrap(self.fields[_DATA])
        return b"\n".join(key + b"=" + value for key, value in self.fields.items())

    @property
    def size(self) -> int:
        """Bytes of its fields."""
        return sum(len(name) + len(value) for name, value in self.fields.items())

    def decode(self, stream: Stream) -> Event | Invalid | Later:
        """The event; `Later` if a newer release may have written it, else `Invalid`."""
        if _DATA not in self.fields:
            return Invalid(f"the entry has no field {DATA_FIELD}; send the event's JSON in it")
        try:
            return cast(Event, stream.adapter.validate_json(self.payload, context=ClientInput()))
        except ValidationError as error:
            newer = newer_release(stream, self.payload)
            return Later(newer) if newer else Invalid(describe(error))


def entry_of_reply(reply: tuple[bytes, Sequence[bytes]], attempt: int) -> Entry:
    """The entry that a script returns as an id and a list of names and values."""
    entry_id, parts = reply
    return Entry(entry_id.decode(), dict(zip(parts[::2], parts[1::2], strict=True)), attempt)


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
    named = "; ".join(shown).replace(": Value error, ", ": ")
    return named + (f"; and {hidden} more" if hidden else "")


def newer_release(stream: Stream, payload: bytes) -> str | None:
    """Why `payload` needs a newer release, and what to do; None if it does not.

    That is a `type` that `stream` does not carry, or a `schema_version` above the known one.
    """
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    known = {name_of(event): event for event in stream.events}
    name, version = message.get("type"), message.get("schema_version", 1)
    if not isinstance(name, str) or not isinstance(version, int):
        return None
    if name not in known:
        return _remedy(
            stream, f"type: {name!r:.80} is not known on {stream.name}, only {', '.join(known)}"
        )
    if version > newest_version(known[name]):
        return _remedy(
            stream,
            f"schema_version: {name} is at version {version}, "
            f"this release reads up to {newest_version(known[name])}",
        )
    return None


def name_of(event: type[Event]) -> str:
    """The `type` of its messages."""
    return str(event.model_fields["type"].default)


def newest_version(event: type[Event]) -> int:
    """The highest `schema_version` that this release reads."""
    return int(max(get_args(event.model_fields["schema_version"].annotation)))


def _remedy(stream: Stream, problem: str) -> str:
    return (
        f"{problem}; if a newer release sends it, upgrade this service, "
        f"then `ratchet dead retry --all --stream {stream.name}`"
    )
