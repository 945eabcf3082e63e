"""What is left of payloads and of archived files without a subject's data."""

from pydantic_core import from_json, to_json

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow
from ledger.domain.erasure import Message, Subject
from ratchet.delivery import unwrap


def redacted(payload: bytes, subject: Subject) -> bytes | None:
    """`payload` itself if it has no data of `subject`, a copy without it, or None to remove it."""
    message = parsed(payload)
    if message is None:
        # Not an event: its fields are unknown, so any occurrence of an id removes it whole.
        return None if any(name.encode() in payload for name in subject.names()) else payload
    left = subject.without(message)
    if left is message:
        return payload
    return None if left is None else to_json(left)


def parsed(payload: bytes) -> Message | None:
    """The JSON object in `payload`; None if it does not have the shape of an event."""
    try:
        message = from_json(unwrap(payload))
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    # Redaction must not stop at an entry that no release can read, so the shape is tried first.
    try:
        Subject().learn(message)
        Subject().without(message)
    except (KeyError, TypeError, AttributeError):
        return None
    return message


def redact_file(
    store: ArchiveStore, file: ArchiveFile, subject: Subject
) -> tuple[list[ArchiveRow], list[ArchiveRow]]:
    """The rows of `file`, and what is left of them; raises `CorruptArchive` and `OSError`."""
    rows = store.read(file)
    left = [
        ArchiveRow(row.entry_id, payload)
        for row in rows
        if (payload := redacted(row.payload, subject)) is not None
    ]
    return rows, left
