"""Supervised fine-tuning with TRL."""

from collections.abc import Sequence
from pathlib import Path

from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from ratchet.contract import CurvePoint, DemonstrationBuilt, TraceCaptured
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
from trainer.domain.examples.traces import samples_of
from trainer.domain.runs.recipe import Recipe


def train(
    base: Base,
    adapter: Adapted | Fresh,
    demonstrations: Sequence[DemonstrationBuilt | TraceCaptured],
    recipe: Recipe,
    work_dir: Path,
    on_progress: OnProgress,
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train on demonstrations: a `trainer.run.methods.TrainingMethod`."""
    samples = [sample for each in demonstrations for sample in samples_of(each)]
    trainer = SFTTrainer(
        **model_arguments(base, adapter),
        args=SFTConfig(
            **arguments(recipe.sft, base, work_dir, recipe.seed), completion_only_loss=True
        ),
        train_dataset=train_dataset((_row(*sample) for sample in samples), work_dir),
    )
    return train_to_end(trainer, work_dir, on_progress)


def _row(prompt: str, answer: str) -> dict[str, list[dict[str, str]]]:
    return {
        "prompt": chat_turn("user", prompt),
        "completion": chat_turn("assistant", answer),
    }
