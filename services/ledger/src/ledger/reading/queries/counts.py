"""Queries the counts that the writer maintains, which are a handful of rows."""

from collections import defaultdict

from sqlalchemy import Connection, select

from ledger.backends.tables import counts
from ledger.reading.views import Counts

_FEW = (
    "experiences", "rating", "latency", "source", "sum", "valued", "millionths",
    "example", "run", "event",
)  # fmt: skip
"""Counts whose number of kinds does not grow with the data."""


def count(connection: Connection) -> Counts:
    totals: dict[str, dict[str, int]] = defaultdict(dict)
    rows = select(counts).where(counts.c.name.in_(_FEW), counts.c.count != 0)
    for name, which, number in connection.execute(rows):
        totals[name][which] = number
    total = totals["experiences"].get("total", 0)
    means = {
        name: value / 1e6 / totals["valued"][name] for name, value in totals["millionths"].items()
    }
    means |= {name: value / total for name, value in totals["sum"].items() if total}
    return Counts(
        total=total,
        with_feedback=totals["experiences"].get("with_feedback", 0),
        awaited=totals["experiences"].get("awaited", 0),
        conflicting=totals["experiences"].get("conflicting", 0),
        ratings={name: totals["rating"].get(name, 0) for name in ("up", "down", "none")},
        latencies=totals["latency"],
        sources=totals["source"],
        means=means,
        valued=totals["valued"],
        examples=totals["example"],
        runs=totals["run"],
        events=totals["event"],
    )


def most_frequent(connection: Connection, name: str, limit: int) -> dict[str, int]:
    """The `limit` most frequent of `name`: `intent`, `scenario` or `characteristic`."""
    rows = (
        select(counts.c.which, counts.c.count)
        .where(counts.c.name == name, counts.c.count != 0)
        .order_by(counts.c.count.desc(), counts.c.which)
        .limit(limit)
    )
    return {row["which"]: row["count"] for row in connection.execute(rows).mappings()}
