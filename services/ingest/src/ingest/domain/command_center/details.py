"""One row of the page's table of questions, with what stands out about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from ingest.domain.command_center.judged import evaluations
from ingest.domain.command_center.times import iso
from ledger.reading import ExperienceView

_FAST, _SLOW = 0.7, 1.5
_RARE, _UNCOMMON = 3, 10
_SPARSE, _RICH = 2, 6
_MOST_QUERY, _MOST_HEADING, _MOST_SCENARIOS = 120, 80, 8
_MISUNDERSTOOD = ("correction", "repeat")
_UNSURE_BELOW = 0.5
_UNCLEAR = ("ambiguous", "unclear", "vague")

QueryClarity = Literal["clear", "ambiguous_query", "system_mismatch"]
LatencySignal = Literal["fast", "normal", "slow"]
WidgetSignal = Literal["rich", "normal", "sparse"]
DiversitySignal = Literal["rare", "uncommon", "common"]


@dataclass(frozen=True)
class Usual:
    """What a question is compared with: means and counts over all that was ever recorded."""

    processing_ms: float
    total: int
    characteristics: Mapping[str, int]

    @cached_property
    def without_characteristic(self) -> int:
        return max(0, self.total - sum(self.characteristics.values()))


def detail(one: ExperienceView, usual: Usual, position: int) -> dict[str, Any]:
    """`position` counts from 0, the oldest that was ever recorded."""
    scenarios = one.scenarios or []
    return {
        "query_id": one.query_id,
        "timestamp": iso(one.answered_at),
        "query": (one.transcript or "")[:_MOST_QUERY],
        "rating": one.rating or "none",
        "reward": one.reward,
        "processing_time_ms": one.processing_time_ms or 0,
        "widget_count": one.widget_count or 0,
        "scenarios": scenarios[:_MOST_SCENARIOS],
        "intent_type": one.intent_type or "",
        "domains": one.domains or [],
        "primary_characteristic": one.primary_characteristic or "",
        "confidence": one.confidence or 0.0,
        "select_method": one.select_method or "",
        "heading": (one.heading or "")[:_MOST_HEADING],
        **evaluations(one),
        "correction": one.correction,
        "feedback_source": one.feedback_source,
        "query_clarity": query_clarity(one),
        "latency_signal": latency_signal(one.processing_time_ms or 0, usual.processing_ms),
        "widget_signal": widget_signal(one.widget_count or 0),
        "diversity_signal": diversity_signal(one.primary_characteristic or "", usual),
        "buffer_position": position,
    }


def query_clarity(one: ExperienceView) -> QueryClarity:
    """What was asked again or put right was understood wrongly; else a guess is one."""
    if one.correction or (one.follow_up or one.read_follow_up) in _MISUNDERSTOOD:
        return "system_mismatch"
    understood = (one.query_understanding or "").lower()
    unsure = 0 < (one.confidence or 0.0) < _UNSURE_BELOW
    return "ambiguous_query" if unsure or any(w in understood for w in _UNCLEAR) else "clear"


def latency_signal(milliseconds: int, mean: float) -> LatencySignal:
    """0 is a time that nobody took."""
    if milliseconds > _SLOW * mean:
        return "slow"
    return "fast" if 0 < milliseconds < _FAST * mean else "normal"


def widget_signal(widgets: int) -> WidgetSignal:
    if widgets >= _RICH:
        return "rich"
    return "sparse" if widgets <= _SPARSE else "normal"


def diversity_signal(characteristic: str, usual: Usual) -> DiversitySignal:
    """How many questions ever had this primary characteristic, or none."""
    alike = usual.characteristics.get(characteristic, 0)
    if not characteristic:
        alike = usual.without_characteristic
    if alike <= _RARE:
        return "rare"
    return "uncommon" if alike <= _UNCOMMON else "common"
