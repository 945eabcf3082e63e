"""What a message says about the release that wrote it."""

import json
from typing import get_args

from ratchet.contract import Event, Stream


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
