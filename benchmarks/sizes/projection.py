"""Projects bytes per question to a plant's needs, by retention."""

from collections import Counter
from dataclasses import dataclass

from rich.table import Table

DAYS_ON_STREAMS = 8
"""A UTC day leaves once all of it is seven days old."""
DAYS_OF_MARKERS = 7
DAYS_OF_STATE = 60
"""Two windows, from the last change."""
REWRITES = 3
"""The file as it was rewritten, as much again behind it, and its successor while it is written."""
A_DAY = (100, 1_000, 10_000)


@dataclass(frozen=True)
class PerQuestion:
    """Bytes; `packed` is the ratio of the append-only file to memory."""

    kinds: Counter[str]
    ledger: float
    archive: float
    examples: float
    packed: float

    def redis(self, a_day: int) -> float:
        total = 0.0
        for kind, each in self.kinds.items():
            days = DAYS_ON_STREAMS if kind.startswith("stream ") else DAYS_OF_STATE
            total += each * (DAYS_OF_MARKERS if kind.startswith("markers") else days)
        return total * a_day

    def append_only(self, a_day: int) -> float:
        return REWRITES * self.packed * self.redis(a_day)


def projected(per: PerQuestion) -> Table:
    table = Table("questions a day", *(f"{a_day:,}" for a_day in A_DAY), title="MB")
    rows = {
        "Redis, memory in the end": per.redis,
        "append-only file, at most": per.append_only,
        "ledger, a month": lambda a_day: 30 * a_day * per.ledger,
        "ledger, a year": lambda a_day: 365 * a_day * per.ledger,
        "archive, a year": lambda a_day: 365 * a_day * per.archive,
        "trainer.db, examples of a year": lambda a_day: 365 * a_day * per.examples,
    }
    for name, of in rows.items():
        table.add_row(name, *(f"{of(a_day) / 1e6:,.0f}" for a_day in A_DAY))
    return table
