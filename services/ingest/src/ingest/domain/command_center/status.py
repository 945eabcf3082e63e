"""`rl-status`: what runs, what was recorded, and how far each thing that learns has come."""

from collections.abc import Sequence
from datetime import datetime
from statistics import fmean
from typing import Any

from ingest.domain.command_center import tiers
from ingest.domain.command_center.figures import StatusFigures
from ingest.domain.command_center.trainer_facts import Trainer

NO_LIMIT = 0
"""`max_size` of a record that has none."""


def rl_status(
    figures: StatusFigures,
    trainer: Trainer,
    redis_connected: bool,
    degraded: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    """`degraded` says what is not known or not of now, and how to mend it.

    What nobody said yet is 0 where it counts something, else null.
    """
    return {
        "running": redis_connected and trainer.running,
        "buffer": _buffer(figures, redis_connected),
        "trainer": _trainer(figures, trainer, now),
        "config": {
            "train_widget_selector": trainer.running,
            "train_fixture_selector": False,
            "train_interval": trainer.facts.settings.trainer_poll_s,
            "min_batch_size": trainer.facts.of("dpo").minimum,
        },
        "degraded": list(degraded),
    }


def _buffer(figures: StatusFigures, redis_connected: bool) -> dict[str, Any]:
    counts = figures.counts
    return {
        "total_experiences": counts.total,
        "with_feedback": counts.with_feedback,
        "without_feedback": counts.total - counts.with_feedback,
        "ratings": {name: counts.ratings[name] for name in ("up", "down", "none")},
        "max_size": NO_LIMIT,
        "redis_connected": redis_connected,
    }


def _trainer(figures: StatusFigures, trainer: Trainer, now: datetime) -> dict[str, Any]:
    rewards = [shown.reward for shown in reversed(figures.recent) if shown.reward is not None]
    scorer, lora = tiers.scorer(trainer), tiers.lora(figures, trainer, now)
    return {
        "running": trainer.running,
        "heard_s_ago": round(trainer.age_s(now), 1) if trainer.heard_at else None,
        "training_steps": scorer["training_steps"],
        "total_samples_trained": scorer["total_feedback_events"],
        "avg_reward_trend": fmean(rewards) if rewards else None,
        "recent_rewards": rewards,
        "tier1_scorer": scorer,
        "tier1b_composition": tiers.composition(trainer),
        "tier2_lora": lora,
        "dpo": lora,
        "tier3_sft": tiers.sft(trainer, now),
    }
