"""Direct preference optimization with TRL."""

from collections.abc import Sequence
from contextlib import nullcontext

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from ratchet.contract import PairBuilt
from trainer.backends.language_model.shared_prompt import shared_prompts
from trainer.backends.language_model.training_loop import Trained, Training, chat_turn


def train(training: Training, pairs: Sequence[PairBuilt]) -> Trained:
    """Train on pairs."""
    dpo = training.recipe.dpo
    with shared_prompts(training.base.model.base_model) if dpo.share_prompts else nullcontext():
        trainer = DPOTrainer(
            **training.inputs(map(_row, pairs)),
            args=DPOConfig(
                **training.arguments(dpo),
                beta=dpo.beta,
                loss_type=list(dpo.losses),
                loss_weights=list(dpo.loss_weights) or None,
                label_smoothing=dpo.label_smoothing,
                disable_dropout=training.recipe.lora.dropout == 0,
                precompute_ref_log_probs=True,
            ),
        )
        return training.to_end(trainer)


def _row(pair: PairBuilt) -> dict[str, list[dict[str, str]]]:
    return {
        "prompt": chat_turn("user", pair.prompt),
        "chosen": chat_turn("assistant", pair.chosen),
        "rejected": chat_turn("assistant", pair.rejected),
    }
