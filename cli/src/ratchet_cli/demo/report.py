"""The figures of one sitting, as they are written to `report.json`."""

from dataclasses import dataclass
from statistics import mean
from typing import Any

from ratchet_cli.demo.story import Story


@dataclass(frozen=True)
class Seconds:
    """`setup`: until every service was ready; `loop`: from the first question to the model."""

    setup: float
    loop: float

    def as_dict(self) -> dict[str, float]:
        return {
            "setup": round(self.setup, 1),
            "loop": round(self.loop, 1),
            "total": round(self.setup + self.loop, 1),
        }


def report(story: Story, seconds: Seconds) -> dict[str, Any]:
    """Everything that was measured; parts that did not happen are None."""
    totals = [scored.total for scored in story.rewards.values()]
    return {
        "experiences": len(story.experiences),
        "feedback": story.feedback,
        "rewards": {
            "mean": round(mean(totals), 4) if totals else None,
            "positive": sum(total > 0 for total in totals),
            "negative": sum(total < 0 for total in totals),
        },
        "examples": {"pairs": story.pairs, "labels": story.labels},
        "run": _run(story),
        "export": _export(story),
        "model": _model(story),
        "answers": [a.model_dump() for a in story.finished.answers] if story.finished else [],
        "seconds": seconds.as_dict(),
    }


def _run(story: Story) -> dict[str, Any] | None:
    run = story.finished
    if run is None:
        return None
    return {
        "run_id": run.run_id,
        "method": run.method,
        "pairs": run.pairs,
        "held_out": story.started.held_out if story.started else None,
        "seconds": round(run.seconds, 1),
        "verdict": run.verdict,
        "reason": run.reason,
        "before": run.before.model_dump() if run.before else None,
        "after": run.after.model_dump() if run.after else None,
        "gains": {name: gain.model_dump() for name, gain in run.gains.items()},
    }


def _export(story: Story) -> dict[str, Any] | None:
    model = story.registered
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


def _model(story: Story) -> dict[str, Any] | None:
    model, active = story.registered, story.activated
    if model is None:
        return None
    return {
        "name": model.name,
        "version": model.version,
        "active": active is not None and active.version == model.version,
        "registry": model.registry,
        "smoke_answer": model.smoke_answer,
    }
