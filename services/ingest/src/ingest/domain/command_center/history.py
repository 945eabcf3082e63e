"""`rl-history`: what was answered lately, beside counts over all that was ever recorded."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ingest.domain.command_center.details import Usual, detail
from ingest.domain.command_center.figures import HistoryFigures
from ingest.domain.command_center.judged import accuracy
from ingest.domain.command_center.times import iso
from ledger.reading import LATENCIES, ExperienceView, StoredEvent

MOST_INTENTS, MOST_SCENARIOS = 10, 15
_MOST_TIMES = 200
_MOST_QUERY = 120
_RANGES = (*(name for _, name in LATENCIES), ">10s")


def rl_history(figures: HistoryFigures, scorer_steps: int) -> dict[str, Any]:
    """Lists have the oldest first."""
    counts, shown = figures.counts, list(reversed(figures.shown))
    usual = Usual(
        processing_ms=counts.means.get("processing_time_ms", 0.0),
        total=counts.total,
        characteristics=figures.characteristics,
    )
    first = max(0, counts.total - len(shown))
    return {
        "reward_timeline": [
            {"timestamp": _at(one), "reward": one.reward, "rating": one.rating or "none"}
            for one in shown
            if one.reward is not None
        ],
        "feedback_distribution": dict(counts.ratings),
        "latency_buckets": [
            {"range": name, "count": counts.latencies.get(name, 0)} for name in _RANGES
        ],
        "intent_distribution": dict(figures.intents),
        "scenario_frequency": dict(figures.scenarios),
        "processing_time_trend": [
            {"timestamp": _at(one), "ms": one.processing_time_ms or 0}
            for one in shown[-_MOST_TIMES:]
        ],
        "training_loss_curve": _curve(figures.verdict),
        "evaluation_summary": _evaluated(shown),
        "query_aggregates": {
            "avg_processing_ms": usual.processing_ms,
            "avg_widget_count": counts.means.get("widget_count", 0.0),
            "total_experiences": counts.total,
            "scorer_steps": scorer_steps,
            "dpo_pairs_generated": sum(
                count for name, count in counts.examples.items() if name.startswith("pair:")
            ),
            "characteristic_counts": dict(figures.characteristics),
        },
        "query_details": [
            detail(one, usual, position) for position, one in enumerate(shown, first)
        ],
    }


def _at(one: ExperienceView) -> str | None:
    return iso(one.answered_at)


def _curve(verdict: StoredEvent | None) -> list[dict[str, Any]]:
    return [
        {
            "step": point["step"],
            "loss": point["loss"],
            "accuracy": point.get("accuracy"),
            "margins": point.get("margin"),
            "grad_norm": None,
            "lr": None,
        }
        for point in (verdict.body["curve"] if verdict else ())
    ]


def _evaluated(shown: Sequence[ExperienceView]) -> dict[str, Any]:
    """Of the answers shown that a judge spoke of; empty where there is none."""
    judged = [one for one in shown if one.evaluation_confidence is not None]
    if not judged:
        return {}
    return {
        "count": len(judged),
        "avg_overall": _mean([one.evaluation_confidence for one in judged]),
        "avg_scenario_relevance": _mean([one.widget_score for one in judged]),
        "avg_data_accuracy": _mean([accuracy(one) for one in judged]),
        "avg_response_quality": _mean([one.voice_confidence for one in judged]),
        "avg_latency_score": None,
        "scores": [
            {"score": one.evaluation_confidence, "query": (one.transcript or "")[:_MOST_QUERY]}
            for one in judged
        ],
    }


def _mean(values: Sequence[float | None]) -> float | None:
    said = [value for value in values if value is not None]
    return fmean(said) if said else None
