"""The figures of the demo, as written to `report.json`."""

from statistics import mean
from typing import Any

from ratchet_cli.demo.event_summary import EventSummary


def report(summary: EventSummary, setup_s: float, loop_s: float) -> dict[str, Any]:
    """Every measured figure; stages without events are None.

    `setup_s` lasted until every service was ready, `loop_s` from the first question on.
    """
    totals = [scored.total for scored in summary.rewards.values()]
    return {
        "experiences": len(summary.experiences),
        "feedback": summary.feedback,
        "rewards": {
            "mean": round(mean(totals), 4) if totals else None,
            "positive": sum(total > 0 for total in totals),
            "negative": sum(total < 0 for total in totals),
        },
        "examples": {"pairs": summary.pairs, "labels": summary.labels},
        "run": _run(summary),
        "export": _export(summary),
        "model": _model(summary),
        "answers": [a.model_dump() for a in summary.finished.answers] if summary.finished else [],
        "seconds": {
            "setup": round(setup_s, 1),
            "loop": round(loop_s, 1),
            "total": round(setup_s + loop_s, 1),
        },
    }


def _run(summary: EventSummary) -> dict[str, Any] | None:
    run = summary.finished
    if run is None:
        return None
    return {
        "run_id": run.run_id,
        "method": run.method,
        "pairs": run.pairs,
        "held_out": summary.started.held_out if summary.started else None,
        "seconds": round(run.seconds, 1),
        "verdict": run.verdict,
        "reason": run.reason,
        "before": run.before.model_dump() if run.before else None,
        "after": run.after.model_dump() if run.after else None,
        "gains": {name: gain.model_dump() for name, gain in run.gains.items()},
    }


def _export(summary: EventSummary) -> dict[str, Any] | None:
    model = summary.registered
    if model is None:
        return None
    return {
        "quantization": model.quantization,
        "seconds": round(model.seconds, 1),
        "bytes": model.gguf.size,
        "sha256": model.gguf.sha256,
        "top1": model.parity.top1,
        "kl": model.parity.kl,
    }


def _model(summary: EventSummary) -> dict[str, Any] | None:
    model, active = summary.registered, summary.activated
    if model is None:
        return None
    return {
        "name": model.name,
        "version": model.version,
        "active": active is not None and active.version == model.version,
        "registry": model.registry,
        "smoke_answer": model.smoke_answer,
    }
