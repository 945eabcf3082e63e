"""Converts archived rows to a Parquet file and back."""

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pydantic_core import from_json

from ledger.domain.archive.archive_file import ArchiveRow, EventHeader, content_hash, header_of
from ratchet.contract import EntryId
from ratchet.delivery import unwrap

_HASH = b"ratchet.sha256"
_SCHEMA = pa.schema(
    [
        pa.field("entry_id", pa.string(), nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("type", pa.string()),
        pa.field("occurred_at", pa.timestamp("us", tz="UTC")),
        pa.field("payload", pa.binary(), nullable=False),
    ]
)


class UnreadableParquet(ValueError):
    """The bytes are not those that were written."""


def to_parquet(rows: Sequence[ArchiveRow]) -> bytes:
    """A file compressed with zstd, with page checksums and the hash of all rows in its footer."""
    headers = [_header(row.payload) for row in rows]
    columns = [
        [str(row.entry_id) for row in rows],
        [header.event_id for header in headers],
        [header.type for header in headers],
        [header.occurred_at for header in headers],
        [row.payload for row in rows],
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    schema = _SCHEMA.with_metadata({_HASH: content_hash(rows).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        sink,
        compression="zstd",
        use_dictionary=["type"],
        write_statistics=["entry_id", "event_id", "type", "occurred_at"],
        write_page_checksum=True,
    )
    return bytes(sink.getvalue())


def from_parquet(content: bytes) -> list[ArchiveRow]:
    """The rows of a file.

    Raises `UnreadableParquet` if a page checksum, a column or the hash of all rows is wrong.
    """
    try:
        table = pq.read_table(pa.BufferReader(content), page_checksum_verification=True)
        if not table.schema.equals(_SCHEMA):
            raise UnreadableParquet(f"its columns are {', '.join(table.schema.names)}")
        ids = table.column("entry_id").to_pylist()
        payloads = table.column("payload").to_pylist()
        rows = [ArchiveRow(EntryId.parse(i), p) for i, p in zip(ids, payloads, strict=True)]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableParquet(str(error).splitlines()[0]) from error
    # Page checksums do not detect rows that are missing or in another order.
    if (table.schema.metadata or {}).get(_HASH) != content_hash(rows).encode():
        raise UnreadableParquet("the hash of its rows is not the one in its footer")
    return rows


def _header(payload: bytes) -> EventHeader:
    try:
        return header_of(from_json(unwrap(payload)))
    except ValueError:
        return EventHeader(None, None, None)
