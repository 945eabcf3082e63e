"""Direct preference optimization with TRL."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from ratchet.contract import CurvePoint, PairBuilt
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.shared_prompt import shared_prompts
from trainer.backends.language_model.train_dataset import train_dataset
from trainer.backends.language_model.training_loop import (
    OnProgress,
    arguments,
    chat_turn,
    model_arguments,
    train_to_end,
)
from trainer.domain.runs.recipe import Recipe


def train(
    base: Base,
    adapter: Adapted | Fresh,
    pairs: Sequence[PairBuilt],
    recipe: Recipe,
    work_dir: Path,
    on_progress: OnProgress,
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train on pairs: a `trainer.run.methods.TrainingMethod`."""
    dpo = recipe.dpo
    with shared_prompts(base.model.base_model) if dpo.share_prompts else nullcontext():
        trainer = DPOTrainer(
            **model_arguments(base, adapter),
            args=DPOConfig(
                **arguments(dpo, base, work_dir, recipe.seed),
                beta=dpo.beta,
                loss_type=list(dpo.losses),
                loss_weights=list(dpo.loss_weights) or None,
                label_smoothing=dpo.label_smoothing,
                disable_dropout=recipe.lora.dropout == 0,
                precompute_ref_log_probs=True,
            ),
            train_dataset=train_dataset(map(_row, pairs), work_dir),
        )
        return train_to_end(trainer, work_dir, on_progress)


def _row(pair: PairBuilt) -> dict[str, list[dict[str, str]]]:
    return {
        "prompt": chat_turn("user", pair.prompt),
        "chosen": chat_turn("assistant", pair.chosen),
        "rejected": chat_turn("assistant", pair.rejected),
    }
