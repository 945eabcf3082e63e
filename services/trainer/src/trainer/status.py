"""What `/status` says about training."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from trainer.domain.runs.readiness import Wait, cooldown_remaining_s
from trainer.training.loop import Training


@dataclass
class TrainerStatus:
    training: Training

    async def facts(self) -> dict[str, Any]:
        """Times in seconds; `summary` is one line for people."""
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
            "decision": type(decision).__name__.lower(),
            "reason": decision.reason,
            "lacking": dict(decision.lacking) if isinstance(decision, Wait) else {},
            "trouble": training.trouble,
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


def _summary(training: Training) -> str:
    if training.trouble is not None:
        return f"held up: {training.trouble}"
    if training.running is None:
        return training.planner.decision.reason
    progress = training.progress
    stage = progress.stage.replace("_", " ") if progress else "starting"
    return f"run {training.running.run_id[:8]}: {stage}"


def _name(manifest: Any) -> str:
    return "base" if manifest is None else str(manifest.sha256[:12])
