"""Supervised fine-tuning in TRL."""

from collections.abc import Sequence
from pathlib import Path

from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from ratchet.events.run import CurvePoint
from trainer.backends.base import Base
from trainer.backends.lora import Adapted, Fresh
from trainer.backends.train_dataset import train_dataset
from trainer.backends.training_loop import OnProgress, arguments, beginning, turn, work_through
from trainer.domain.recipe import Recipe
from trainer.domain.traces import samples_of
from trainer.domain.training_example import TrainingDemonstration


def train(
    base: Base,
    adapter: Adapted | Fresh,
    demonstrations: Sequence[TrainingDemonstration],
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
