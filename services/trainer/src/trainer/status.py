"""The trainer's part of `/status`: training runs, both scorers, and the teacher."""

import asyncio
from dataclasses import asdict
from statistics import fmean
from typing import Any

from ratchet_ranking import COMPOSITION_WIDTH, RANK, WIDTH
from trainer.domain.runs.readiness import TrainLater, TrainNow, cooldown_remaining_s
from trainer.domain.scorer.learned_state import LearningProgress, Losses
from trainer.domain.scorer.verdict import Publish
from trainer.scorer.learning import RankingLearning
from trainer.training.loop import TrainingLoop
from trainer.training.position_watch import PositionWatch


async def trainer_facts(
    training: TrainingLoop, learning: RankingLearning, teacher: str, positions: PositionWatch
) -> dict[str, Any]:
    lacking = positions.problem
    return {
        **({"streams": {"problem": lacking}} if lacking else {}),
        **await training_facts(training),
        **await asyncio.to_thread(ranking_facts, learning),
        "teacher": teacher,
    }


async def training_facts(training: TrainingLoop) -> dict[str, Any]:
    """Times are in seconds; `summary` is one line of text."""
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
        "captured_prompts": await asyncio.to_thread(training.prompts.count),
        "cooldown_remaining_s": round(cooldown_remaining_s(situation, settings.rules), 1),
        "trial": asdict(situation.trial) if situation.trial else None,
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
        "champion": champion.manifest.sha256[:12] if champion.manifest else "base",
        "champion_because": champion.reason,
        "device": settings.trainer_device,
        "recipe": settings.recipe.fingerprint,
    }


def _summary(training: TrainingLoop) -> str:
    if training.problem is not None:
        return f"held up: {training.problem}"
    if training.running is None:
        base = training.planner.base
        return (base and base.obstacle) or training.planner.decision.reason
    progress = training.progress
    stage = progress.stage.replace("_", " ") if progress else "starting"
    return f"run {training.running.run_id[:8]}: {stage}"


def ranking_facts(learning: RankingLearning) -> dict[str, Any]:
    """Under the names that the Command Center reads. Blocks on the store: call it in a thread."""
    progress, publishing = learning.learner.progress, learning.publishing
    serving, scorers = publishing.register.in_service(), learning.learner.scorers()
    return {
        "tier1_scorer": {
            "type": "low_rank_scorer",
            "rank": RANK,
            "input_dim": WIDTH,
            "parameters": scorers.low_rank.parameters,
            **_learning_facts(progress, progress.widgets),
        },
        "tier1b_composition": {
            "type": "composition_scorer",
            "scenario_dim": COMPOSITION_WIDTH,
            "parameters": scorers.composition.parameters,
            **_learning_facts(progress, progress.plans),
        },
        "ranking": {
            "embedding": learning.embedding.name,
            "in_service": serving.version if serving else None,
            "verdict": type(publishing.verdict).__name__.lower(),
            "reason": publishing.verdict.reason,
            "credible": isinstance(publishing.verdict, Publish),
            "examination_power": publishing.evaluation.power if publishing.evaluation else None,
            "began_with": progress.origin,
            "skipped": learning.store.skip_counts(),
            "policy": publishing.policy.model_dump(),
        },
    }


def _learning_facts(progress: LearningProgress, losses: Losses) -> dict[str, Any]:
    return {
        "device": "cpu",
        "training_steps": progress.steps,
        "total_feedback_events": progress.heard_of,
        "avg_loss": fmean(losses.recent) if losses.recent else None,
        "avg_val_loss": fmean(losses.validation) if losses.validation else None,
        "best_val_loss": losses.best,
        "lr": progress.schedule.rate,
        "lr_decays": progress.schedule.decays,
        "lr_restarts": progress.schedule.restarts,
        "replay_buffer_size": progress.replay,
        "val_buffer_size": progress.validation,
        "recent_losses": list(losses.recent),
        "recent_val_losses": list(losses.validation),
    }
