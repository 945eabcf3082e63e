"""Makes the rows of all experiences, and the counts over them, of their events again."""

import logging
from collections import Counter

from sqlalchemy import Connection, delete, select

from ledger.backends.rows import chunks
from ledger.backends.tables import counts, events, experiences
from ledger.backends.writer import SqlLedger
from ledger.domain.projection.counting import Count

_log = logging.getLogger(__name__)
_OVER_EXPERIENCES = (
    "experiences", "rating", "source", "latency", "intent", "sum", "scenario", "characteristic",
    "valued", "millionths",
)  # fmt: skip
_TYPES = ("ExperienceRecorded", "ExperienceScored", "FeedbackReceived")


def recount(connection: Connection, ledger: SqlLedger) -> None:
    """Replaces the rows in the transaction of `connection`; the events stay as they are."""
    known = select(events.c.query_id).where(events.c.type.in_(_TYPES)).distinct()
    names = [name for name in connection.execute(known).scalars() if name]
    connection.execute(delete(experiences))
    connection.execute(delete(counts).where(counts.c.name.in_(_OVER_EXPERIENCES)))
    counted: Counter[Count] = Counter()
    for some in chunks(names):
        counted.update(ledger.fold_again(connection, some))
    ledger.count(connection, counted)
    if names:
        _log.warning("%d experiences were counted again by the rules of this release", len(names))
