"""The four things that learn, in the names that the page reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ingest.domain.command_center.figures import StatusFigures
from ingest.domain.command_center.times import iso
from ingest.domain.command_center.trainer_facts import Trainer
from ledger.reading import RunView

_UNHEARD: Mapping[str, Any] = {
    "device": None,
    "training_steps": 0,
    "total_feedback_events": 0,
    "avg_loss": None,
    "avg_val_loss": None,
    "best_val_loss": None,
    "lr": None,
    "lr_decays": 0,
    "replay_buffer_size": 0,
    "val_buffer_size": 0,
    "recent_losses": [],
    "recent_val_losses": [],
}
_PREFERENCES = ("dpo", "kto")


def scorer(trainer: Trainer) -> dict[str, Any]:
    shape = {"type": "low_rank_scorer", "rank": None, "input_dim": None, "parameters": None}
    return {**shape, **_UNHEARD, **trainer.facts.tier1_scorer}


def composition(trainer: Trainer) -> dict[str, Any]:
    shape = {"type": "composition_scorer", "scenario_dim": None, "parameters": None}
    return {**shape, **_UNHEARD, **trainer.facts.tier1b_composition}


def lora(figures: StatusFigures, trainer: Trainer, now: datetime) -> dict[str, Any]:
    """Runs that learn preferences, from pairs or from labels; what waits is pairs."""
    facts, waiting = trainer.facts, trainer.facts.of("dpo")
    done = [figures.trainings[method] for method in _PREFERENCES if method in figures.trainings]
    ended = [run for run in figures.runs if run.finished_at and run.method in _PREFERENCES]
    at_work = trainer.running and facts.running_method in _PREFERENCES
    cooldown_s = round(max(0.0, facts.cooldown_remaining_s - trainer.age_s(now)), 1)
    enough = 0 < waiting.minimum <= waiting.count
    able = trainer.running and facts.trouble is None and facts.running is None
    return {
        "training_in_progress": at_work,
        "pending_pairs": waiting.count,
        "pending_widget_pairs": waiting.widget,
        "pending_voice_pairs": waiting.voice,
        "min_pairs_for_training": waiting.minimum,
        "cooldown_remaining_s": cooldown_s,
        "ready_to_train": able and enough and cooldown_s == 0,
        "total_trainings": sum(training.count for training in done),
        "total_pairs_trained": sum(training.examples for training in done),
        "last_loss": next((run.last_loss for run in ended if run.last_loss is not None), None),
        "current_version": figures.in_service.version if figures.in_service else None,
        "last_training_time": iso(ended[0].finished_at) if ended else None,
        "training_history": _told(ended),
    }


def sft(trainer: Trainer, now: datetime) -> dict[str, Any]:
    """The trainer looks for itself each `check_interval_s`; we know when it last said so."""
    facts, waiting = trainer.facts, trainer.facts.of("sft")
    interval_s = facts.settings.trainer_poll_s
    return {
        "training_in_progress": trainer.running and facts.running_method == "sft",
        "pending_traces": waiting.count,
        "min_traces_for_training": waiting.minimum,
        "last_check_time": iso(trainer.heard_at),
        "check_interval_s": interval_s,
        "next_check_in_s": round(max(0.0, interval_s - trainer.age_s(now)), 1),
    }


def _told(runs: Sequence[RunView]) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run.run_id,
            "timestamp": iso(run.finished_at),
            "method": run.method,
            "verdict": run.verdict,
            "reason": run.reason,
            "pairs": run.pairs,
            "loss": run.last_loss,
            "seconds": run.seconds,
        }
        for run in runs
    ]
