"""What a row adds to the counts: whole numbers, so that counts do not depend on any order."""

from collections import Counter
from collections.abc import Callable, Mapping

from ledger.domain.projection.changes import Projection
from ledger.domain.projection.feedback_source import feedback_source
from ledger.domain.projection.fold import Row
from ledger.domain.values import millionths

Count = tuple[str, str]
"""A count's name and, where it has several, which of them."""

LATENCIES = ((1000, "<1s"), (3000, "1-3s"), (6000, "3-6s"), (10_000, "6-10s"))
"""Upper ends in milliseconds, and the ranges' names; above them ">10s"."""


def counts_of(projection: Projection, row: Row) -> Counter[Count]:
    return _COUNTS[projection](row)


def _experience(row: Row) -> Counter[Count]:
    if not row.knows("recorded"):
        return Counter({("experiences", "awaited"): 1})
    it = row.columns
    found: Counter[Count] = Counter(
        {
            ("experiences", "total"): 1,
            ("rating", it.get("rating") or "none"): 1,
            ("source", feedback_source(it)): 1,
            ("latency", latency_of(it["processing_time_ms"])): 1,
            ("intent", it["intent_type"]): 1,
            ("sum", "processing_time_ms"): it["processing_time_ms"],
            ("sum", "widget_count"): it["widget_count"],
        }
    )
    found.update(("scenario", scenario) for scenario in it["scenarios"])
    if it["primary_characteristic"]:
        found["characteristic", it["primary_characteristic"]] = 1
    if row.stamps.keys() - {"recorded", "scored"}:
        found["experiences", "with_feedback"] = 1
    for column in ("reward", "evaluation_confidence", "voice_confidence", "widget_score"):
        value = it.get(column)
        if value is not None:
            found["valued", column] = 1
            found["millionths", column] = millionths(value)
    return found


def _example(row: Row) -> Counter[Count]:
    if not row.knows("built"):
        return Counter()
    it = row.columns
    return Counter({("example", f"{it['kind']}:{it['aspect']}:{it['state']}"): 1})


def _run(row: Row) -> Counter[Count]:
    return Counter({("run", row.columns.get("verdict") or "open"): 1})


def _model(row: Row) -> Counter[Count]:
    return Counter({("model", "registered"): 1}) if row.knows("registered") else Counter()


def latency_of(processing_time_ms: int) -> str:
    return next((name for end, name in LATENCIES if processing_time_ms < end), ">10s")


_COUNTS: Mapping[Projection, Callable[[Row], Counter[Count]]] = {
    "experiences": _experience,
    "examples": _example,
    "runs": _run,
    "models": _model,
}
