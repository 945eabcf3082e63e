"""The content hash of a whole ledger."""

from sqlalchemy import Engine, select

from ingest.domain.ledger.content_hash import ContentHash
from ingest.ledger.backends.tables import counts, events, metadata

_PAGE = 2000


def content_hash(engine: Engine) -> str:
    """Equal for ledgers that hold the same, in whatever order it came; reads every row.

    Neither an event's number nor a count that came back to nothing is part of it.
    """
    found = ContentHash()
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column is not events.c.number]
            rows = select(*columns)
            if table is counts:
                rows = rows.where(counts.c.count != 0)
            for row in connection.execute(rows.execution_options(yield_per=_PAGE)).mappings():
                found.add(table.name, dict(row))
    return found.hexdigest()
