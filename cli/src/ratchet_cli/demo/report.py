"""The figures of the demo, as written to `report.json`."""

from collections.abc import Mapping
from os import cpu_count
from statistics import mean
from typing import Any

from ratchet_cli.demo.answers_shown import mark_of, shown_answers
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.headline import headline
from ratchet_cli.demo.measures import changes_of
from ratchet_cli.demo.with_check import with_check


def report(
    summary: EventSummary,
    setup_s: float,
    loop_s: float,
    gflops: float,
    next_steps: Mapping[str, str],
) -> dict[str, Any]:
    """Every figure that is printed and every measured one; stages without events are None.

    `setup_s` lasted until every service was ready, `loop_s` from the first question on. `gflops`
    is the machine's speed in float32 matrix products.
    """
    totals = [scored.total for scored in summary.rewards.values()]
    answers = summary.finished.answers if summary.finished else ()
    return {
        "headline": headline(summary.finished)._asdict(),
        "shown_answers": _shown(summary),
        "check": with_check(answers),
        "measures": _measures(summary),
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
        "answers": [answer.model_dump() for answer in answers],
        "seconds": {
            "setup": round(setup_s, 1),
            "loop": round(loop_s, 1),
            "total": round(setup_s + loop_s, 1),
        },
        "machine": {"cores": cpu_count(), "float32_matmul_gflops": round(gflops, 1)},
        "next_steps": dict(next_steps),
    }


def _shown(summary: EventSummary) -> list[dict[str, str]]:
    run = summary.finished
    if run is None:
        return []
    return [
        {
            "how": shown.how,
            "question": shown.answer.question,
            "before": shown.answer.before,
            "mark_before": mark_of(shown.answer.faults_before).word,
            "color_before": mark_of(shown.answer.faults_before).color,
            "after": shown.answer.after,
            "mark_after": mark_of(shown.answer.faults_after).word,
            "color_after": mark_of(shown.answer.faults_after).color,
        }
        for shown in shown_answers(run.answers, run.run_id)
    ]


def _measures(summary: EventSummary) -> list[dict[str, Any]]:
    return [
        {
            "measure": change.measure,
            "title": change.title,
            "better_if": change.wanted,
            "before": change.before,
            "after": change.after,
            "gain": change.gain.model_dump() if change.gain else None,
            "verdict": change.verdict,
        }
        for change in changes_of(summary.finished)
    ]


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
