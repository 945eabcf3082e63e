"""One payload of a stream or an archive, swept of a subject's traces."""

from pydantic_core import from_json, to_json

from ledger.domain.erasure import Message, Subject
from ratchet.delivery import unwrap


def redacted(payload: bytes, subject: Subject) -> bytes | None:
    """`payload` itself where it bears no trace, another without them, or None: it goes."""
    message = parsed(payload)
    if message is None:
        return None if any(name.encode() in payload for name in subject.names()) else payload
    left = subject.without(message)
    if left is message:
        return payload
    return None if left is None else to_json(left)


def parsed(payload: bytes) -> Message | None:
    """None where it is no JSON object of a shape that an event could have."""
    try:
        message = from_json(unwrap(payload))
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    try:
        Subject().learn(message)
        Subject().without(message)
    except (KeyError, TypeError, AttributeError):
        return None
    return message
