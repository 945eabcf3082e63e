"""Counts that were kept while writing: asking for them reads a handful of rows."""

from collections import defaultdict

from sqlalchemy import Connection, select

from ledger.backends.tables import counts
from ledger.reading.views import Counts

_FEW = (
    "experiences", "rating", "latency", "source", "sum", "valued", "millionths",
    "example", "run", "event",
)  # fmt: skip
"""Those with a handful of kinds each, however much is recorded."""


def count(connection: Connection) -> Counts:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = select(counts).where(counts.c.name.in_(_FEW), counts.c.count != 0)
    for name, which, number in connection.execute(rows):
        found[name][which] = number
    total = found["experiences"].get("total", 0)
    means = {
        name: value / 1e6 / found["valued"][name] for name, value in found["millionths"].items()
    }
    means |= {name: value / total for name, value in found["sum"].items() if total}
    return Counts(
        total=total,
        with_feedback=found["experiences"].get("with_feedback", 0),
        awaited=found["experiences"].get("awaited", 0),
        ratings={name: found["rating"].get(name, 0) for name in ("up", "down", "none")},
        latencies=found["latency"],
        sources=found["source"],
        means=means,
        valued=found["valued"],
        examples=found["example"],
        runs=found["run"],
        events=found["event"],
    )


def most(connection: Connection, name: str, limit: int) -> dict[str, int]:
    """The `limit` most frequent of `name`: `intent`, `scenario` or `characteristic`."""
    rows = (
        select(counts.c.which, counts.c.count)
        .where(counts.c.name == name, counts.c.count != 0)
        .order_by(counts.c.count.desc(), counts.c.which)
        .limit(limit)
    )
    return {row["which"]: row["count"] for row in connection.execute(rows).mappings()}
