"""The status of Tier 2 and Tier 3, in the page's field names."""

from dataclasses import dataclass
from datetime import datetime

from ingest.domain.command_center.figures import StatusFigures
from ingest.domain.command_center.trainer_facts import TrainerState
from ledger.reading import RunView

_PREFERENCES = ("dpo", "kto")


@dataclass(frozen=True)
class PastTraining:
    run_id: str
    timestamp: str | None
    method: str | None
    verdict: str | None
    reason: str | None
    pairs: int | None
    loss: float | None
    seconds: float | None


@dataclass(frozen=True)
class LoraStatus:
    training_in_progress: bool
    pending_pairs: int
    pending_widget_pairs: int
    pending_voice_pairs: int
    min_pairs_for_training: int
    cooldown_remaining_s: float
    ready_to_train: bool
    total_trainings: int
    total_pairs_trained: int
    last_loss: float | None
    current_version: str | int
    last_training_time: str | None
    training_history: list[PastTraining]


@dataclass(frozen=True)
class SftStatus:
    training_in_progress: bool
    pending_traces: int
    min_traces_for_training: int
    last_check_time: str | None
    check_interval_s: float
    next_check_in_s: float


def lora_status(figures: StatusFigures, trainer: TrainerState, now: datetime) -> LoraStatus:
    """Runs from pairs or labels; pairs are pending. The page writes a v before the version."""
    facts, pending = trainer.facts, trainer.waiting("dpo")
    done = [figures.trainings[method] for method in _PREFERENCES if method in figures.trainings]
    ended = [run for run in figures.runs if run.finished_at and run.method in _PREFERENCES]
    cooldown_s = round(max(0.0, facts.cooldown_remaining_s - trainer.age_s(now)), 1)
    enough = pending.minimum <= pending.count
    able = trainer.running and facts.trouble is None and facts.running is None
    return LoraStatus(
        training_in_progress=trainer.running and facts.running_method in _PREFERENCES,
        pending_pairs=pending.count,
        pending_widget_pairs=pending.widget,
        pending_voice_pairs=pending.voice,
        min_pairs_for_training=pending.minimum,
        cooldown_remaining_s=cooldown_s,
        ready_to_train=able and enough and cooldown_s == 0,
        total_trainings=sum(training.count for training in done),
        total_pairs_trained=sum(training.examples for training in done),
        last_loss=next((run.last_loss for run in ended if run.last_loss is not None), None),
        current_version=figures.in_service.version.removeprefix("v") if figures.in_service else 0,
        last_training_time=_iso(ended[0].finished_at) if ended else None,
        training_history=[_past_training(run) for run in ended],
    )


def sft_status(trainer: TrainerState, now: datetime) -> SftStatus:
    """The trainer checks every `check_interval_s`; the last check known is its last status."""
    pending, interval_s = trainer.waiting("sft"), trainer.facts.poll_s
    return SftStatus(
        training_in_progress=trainer.running and trainer.facts.running_method == "sft",
        pending_traces=pending.count,
        min_traces_for_training=pending.minimum,
        last_check_time=_iso(trainer.received_at),
        check_interval_s=interval_s,
        next_check_in_s=round(max(0.0, interval_s - trainer.age_s(now)), 1),
    )


def _past_training(run: RunView) -> PastTraining:
    return PastTraining(
        run_id=run.run_id,
        timestamp=_iso(run.finished_at),
        method=run.method,
        verdict=run.verdict,
        reason=run.reason,
        pairs=run.pairs,
        loss=run.last_loss,
        seconds=run.seconds,
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
