"""`rl-status`: what runs, what is recorded, and how far each tier has learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from ingest.domain.command_center.figures import Ratings, StatusFigures, ratings_of
from ingest.domain.command_center.tiers import LoraStatus, SftStatus, lora_status, sft_status
from ingest.domain.command_center.trainer_facts import (
    CompositionStatus,
    LowRankStatus,
    TrainerState,
)

_LEAST_SIZE = 10_000
_LAST = 10


@dataclass(frozen=True)
class BufferStatus:
    """`max_size` is above `total_experiences`: the page divides by it, and there is no limit."""

    total_experiences: int
    with_feedback: int
    without_feedback: int
    ratings: Ratings
    max_size: int
    redis_connected: bool


@dataclass(frozen=True)
class LearningStatus:
    """`heard_s_ago` is the age of the trainer's last status, null without one."""

    running: bool
    heard_s_ago: float | None
    training_steps: int
    total_samples_trained: int
    avg_reward_trend: float
    recent_rewards: list[float]
    tier1_scorer: LowRankStatus
    tier1b_composition: CompositionStatus
    tier2_lora: LoraStatus
    dpo: LoraStatus
    tier3_sft: SftStatus


@dataclass(frozen=True)
class TrainingConfig:
    train_widget_selector: bool
    train_fixture_selector: bool
    train_interval: float
    min_batch_size: int


@dataclass(frozen=True)
class RlStatus:
    """`degraded` names what is unknown or out of date, each with its remedy."""

    running: bool
    buffer: BufferStatus
    trainer: LearningStatus
    config: TrainingConfig
    degraded: list[str]


def rl_status(
    figures: StatusFigures,
    trainer: TrainerState,
    redis_connected: bool,
    degraded: Sequence[str],
    now: datetime,
) -> RlStatus:
    """The rewards are those of the last 10 answers that have one. Unknown numbers are 0."""
    facts, counts = trainer.facts, figures.counts
    rewards = [one.reward for one in reversed(figures.recent) if one.reward is not None][-_LAST:]
    lora = lora_status(figures, trainer, now)
    return RlStatus(
        running=redis_connected and trainer.running,
        buffer=BufferStatus(
            total_experiences=counts.total,
            with_feedback=counts.with_feedback,
            without_feedback=counts.total - counts.with_feedback,
            ratings=ratings_of(counts),
            max_size=max(_LEAST_SIZE, 10 ** len(str(counts.total))),
            redis_connected=redis_connected,
        ),
        trainer=LearningStatus(
            running=trainer.running,
            heard_s_ago=round(trainer.age_s(now), 1) if trainer.received_at else None,
            training_steps=facts.tier1_scorer.training_steps,
            total_samples_trained=facts.tier1_scorer.total_feedback_events,
            avg_reward_trend=fmean(rewards) if rewards else 0.0,
            recent_rewards=rewards,
            tier1_scorer=facts.tier1_scorer,
            tier1b_composition=facts.tier1b_composition,
            tier2_lora=lora,
            dpo=lora,
            tier3_sft=sft_status(trainer, now),
        ),
        config=TrainingConfig(
            train_widget_selector=trainer.running,
            train_fixture_selector=False,
            train_interval=facts.poll_s,
            min_batch_size=lora.min_pairs_for_training,
        ),
        degraded=list(degraded),
    )
