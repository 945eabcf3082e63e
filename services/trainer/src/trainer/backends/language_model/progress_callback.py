"""The steps of the transformers training loop as progress and as a learning curve."""

import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from ratchet.contract import CurvePoint
from trainer.domain.runs.child_messages import TrainingProgress


def curve_of(log_history: list[dict[str, Any]]) -> tuple[CurvePoint, ...]:
    return tuple(_point(entry) for entry in log_history if "loss" in entry)


class ProgressCallback(TrainerCallback):
    """Reports every step; the time left assumes that steps take equally long."""

    def __init__(self, on_progress: Callable[[TrainingProgress], None]) -> None:
        self._on_progress = on_progress

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._started, self._first = time.monotonic(), state.global_step
        self._on_progress(
            TrainingProgress(stage="training", step=state.global_step, steps=state.max_steps)
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if not logs or "loss" not in logs:
            return
        point = _point({**logs, "step": state.global_step})
        done = max(1, state.global_step - self._first)
        per_step = (time.monotonic() - self._started) / done
        self._on_progress(
            TrainingProgress(
                stage="training",
                **point.model_dump(),
                steps=state.max_steps,
                seconds_left=round(per_step * (state.max_steps - state.global_step), 1),
            )
        )


def _point(entry: dict[str, Any]) -> CurvePoint:
    """`accuracy` is that of preferences, or for supervised fine-tuning that of tokens."""
    return CurvePoint(
        step=int(entry["step"]),
        loss=float(entry["loss"]),
        accuracy=entry.get("rewards/accuracies", entry.get("mean_token_accuracy")),
        margin=entry.get("rewards/margins"),
    )
