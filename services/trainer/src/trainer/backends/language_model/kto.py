"""Kahneman-Tversky optimization with TRL."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trl.trainer.kto_config import KTOConfig
from trl.trainer.kto_trainer import KTOTrainer

from ratchet.contract import CurvePoint, LabelBuilt
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.train_dataset import train_dataset
from trainer.backends.language_model.training_loop import (
    OnProgress,
    arguments,
    chat_turn,
    model_arguments,
    train_to_end,
)
from trainer.domain.examples.balance import balanced_weights
from trainer.domain.runs.recipe import Recipe


def train(
    base: Base,
    adapter: Adapted | Fresh,
    labels: Sequence[LabelBuilt],
    recipe: Recipe,
    work_dir: Path,
    on_progress: OnProgress,
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train on labels: a `trainer.run.methods.TrainingMethod`."""
    kto = recipe.kto
    good = sum(label.desirable for label in labels)
    desirable, undesirable = balanced_weights(good, len(labels) - good, kto.desirable_ratio)
    trainer = KTOTrainer(
        **model_arguments(base, adapter),
        args=KTOConfig(
            **arguments(kto, base, work_dir, recipe.seed),
            beta=kto.beta,
            loss_type=kto.loss,
            desirable_weight=desirable,
            undesirable_weight=undesirable,
            disable_dropout=recipe.lora.dropout == 0,
            precompute_ref_log_probs=True,
        ),
        train_dataset=train_dataset(map(_row, labels), work_dir),
    )
    return train_to_end(trainer, work_dir, on_progress)


def _row(label: LabelBuilt) -> dict[str, Any]:
    return {
        "prompt": chat_turn("user", label.prompt),
        "completion": chat_turn("assistant", label.answer),
        "label": label.desirable,
    }
