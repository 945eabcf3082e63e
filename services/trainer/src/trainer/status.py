"""The training part of the trainer's `/status`."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from trainer.domain.runs.readiness import TrainLater, TrainNow, cooldown_remaining_s
from trainer.training.loop import TrainingLoop


@dataclass
class TrainerStatus:
    training: TrainingLoop

    async def facts(self) -> dict[str, Any]:
        """Times are in seconds; `summary` is one line of text."""
        training = self.training
        settings = training.settings
        running, progress = training.running, training.progress
        situation = await asyncio.to_thread(
            training.planner.situation, running.run_id if running else None
        )
        last = training.runs.last_verdict()
        champion = training.planner.champion()
        decision = training.planner.decision
        return {
            "summary": _summary(training),
            "waiting": {
                method: {**asdict(waiting), "minimum": settings.rules.minimum[method]}
                for method, waiting in situation.waiting.items()
            },
            "cooldown_remaining_s": round(cooldown_remaining_s(situation, settings.rules), 1),
            "poll_s": settings.trainer_poll_s,
            "decision": "train" if isinstance(decision, TrainNow) else "wait",
            "reason": decision.reason,
            "lacking": dict(decision.lacking) if isinstance(decision, TrainLater) else {},
            "trouble": training.problem,
            "running": running.run_id if running else None,
            "running_method": running.method if running else None,
            "progress": progress.model_dump(exclude={"line"}) if progress else None,
            "runs": training.runs.verdicts(),
            "last_verdict": {"verdict": last[0], "reason": last[1]} if last else None,
            "base_model": settings.trainer_base_model,
            "champion": _name(champion.manifest),
            "champion_because": champion.reason,
            "device": settings.trainer_device,
            "recipe": settings.recipe.fingerprint,
        }


def _summary(training: TrainingLoop) -> str:
    if training.problem is not None:
        return f"held up: {training.problem}"
    if training.running is None:
        return training.planner.decision.reason
    progress = training.progress
    stage = progress.stage.replace("_", " ") if progress else "starting"
    return f"run {training.running.run_id[:8]}: {stage}"


def _name(manifest: Any) -> str:
    return "base" if manifest is None else str(manifest.sha256[:12])
