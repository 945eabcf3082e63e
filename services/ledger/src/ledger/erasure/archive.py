"""Erases a subject's rows from archived files."""

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.domain.erasure import Subject
from ledger.erasure.redaction import redacted


def redact_archive(store: ArchiveStore, stream: str, subject: Subject) -> int:
    """The number of rows removed or changed; raises `CorruptArchive` and `OSError`."""
    count = 0
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
        count += changed
    return count
