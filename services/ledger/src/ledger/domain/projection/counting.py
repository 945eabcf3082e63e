"""What a row adds to the counts: integers, so that counts do not depend on any order."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ledger.domain.projection.changes import ProjectedRow, Projection
from ledger.domain.values import millionths
from ratchet.contract import is_evaluation_agent

FeedbackSource = Literal["user_direct", "eval_agent", "both", "implicit_only"]

Count = tuple[str, str]
"""The name of a count and, if it has several, which of them."""

LATENCIES = ((1000, "<1s"), (3000, "1-3s"), (6000, "3-6s"), (10_000, "6-10s"))
"""Upper bounds in milliseconds and names of the ranges; above them ">10s"."""


def counts_of(projection: Projection, row: ProjectedRow) -> Counter[Count]:
    """The counts to which `row` of `projection` contributes, by how much."""
    return _COUNTS[projection](row)


def _experience(row: ProjectedRow) -> Counter[Count]:
    if not row.knows("recorded"):
        return Counter({("experiences", "awaited"): 1})
    columns = row.columns
    totals: Counter[Count] = Counter(
        {
            ("experiences", "total"): 1,
            ("rating", columns.get("rating") or "none"): 1,
            ("source", feedback_source(columns)): 1,
            ("latency", latency_of(columns["processing_time_ms"])): 1,
            ("intent", columns["intent_type"]): 1,
            ("sum", "processing_time_ms"): columns["processing_time_ms"],
            ("sum", "widget_count"): columns["widget_count"],
        }
    )
    totals.update(("scenario", scenario) for scenario in columns["scenarios"])
    if columns["primary_characteristic"]:
        totals["characteristic", columns["primary_characteristic"]] = 1
    if columns.get("conflicts"):
        totals["experiences", "conflicting"] = 1
    if row.stamps.keys() - {"recorded", "scored", "conflicts"}:
        totals["experiences", "with_feedback"] = 1
    for column in ("reward", "evaluation_confidence", "voice_confidence", "widget_score"):
        value = columns.get(column)
        if value is not None:
            totals["valued", column] = 1
            totals["millionths", column] = millionths(value)
    return totals


def _example(row: ProjectedRow) -> Counter[Count]:
    if not row.knows("built"):
        return Counter()
    columns = row.columns
    return Counter({("example", f"{columns['kind']}:{columns['aspect']}:{columns['state']}"): 1})


def _run(row: ProjectedRow) -> Counter[Count]:
    return Counter({("run", row.columns.get("verdict") or "open"): 1})


def _model(row: ProjectedRow) -> Counter[Count]:
    return Counter({("model", "registered"): 1}) if row.knows("registered") else Counter()


def feedback_source(columns: Mapping[str, Any]) -> FeedbackSource:
    """The source by the columns of an experience; without explicit feedback `implicit_only`.

    What an evaluation agent asked, it rates itself.
    """
    by_user, by_judge = columns.get("by_user"), columns.get("by_judge")
    if by_user and is_evaluation_agent(columns.get("user_id") or ""):
        return "eval_agent"
    if by_user:
        return "both" if by_judge else "user_direct"
    return "eval_agent" if by_judge else "implicit_only"


def latency_of(processing_time_ms: int) -> str:
    return next((name for end, name in LATENCIES if processing_time_ms < end), ">10s")


_COUNTS: Mapping[Projection, Callable[[ProjectedRow], Counter[Count]]] = {
    "experiences": _experience,
    "examples": _example,
    "runs": _run,
    "models": _model,
}
