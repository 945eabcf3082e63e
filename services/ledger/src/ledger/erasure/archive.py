"""Archived files, written anew without a subject's rows."""

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.domain.erasure import Subject
from ledger.erasure.redaction import redacted


def redact_archive(store: ArchiveStore, stream: str, subject: Subject) -> int:
    """Returns how many rows were erased or changed; raises `Corrupt` and `OSError`."""
    gone = 0
    for file in store.files(stream):
        rows = store.read(file)
        left = [
            ArchiveRow(row.entry_id, payload)
            for row in rows
            if (payload := redacted(row.payload, subject)) is not None
        ]
        changed = len(rows) - len(left) + len(set(left) - set(rows))
        if changed:
            store.replace(file, left)
        gone += changed
    return gone
