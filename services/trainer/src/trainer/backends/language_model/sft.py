"""Supervised fine-tuning in TRL."""

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
    beginning,
    turn,
    work_through,
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
    """As `trainer.run.methods.Teach`, from demonstrations."""
    samples = [sample for shown in demonstrations for sample in samples_of(shown)]
    trainer = SFTTrainer(
        **beginning(base, adapter),
        args=SFTConfig(
            **arguments(recipe.sft, base, work_dir, recipe.seed), completion_only_loss=True
        ),
        train_dataset=train_dataset((_row(*sample) for sample in samples), work_dir),
    )
    return work_through(trainer, work_dir, on_progress)


def _row(prompt: str, answer: str) -> dict[str, list[dict[str, str]]]:
    return {
        "prompt": turn("user", prompt),
        "completion": turn("assistant", answer),
    }
