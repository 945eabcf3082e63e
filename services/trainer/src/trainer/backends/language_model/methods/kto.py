"""Kahneman-Tversky optimization with TRL."""

from collections.abc import Sequence
from typing import Any

from trl.trainer.kto_config import KTOConfig
from trl.trainer.kto_trainer import KTOTrainer

from ratchet.contract import LabelBuilt
from trainer.backends.language_model.chat_format import completion, conversation
from trainer.backends.language_model.training_loop import Trained, Training
from trainer.domain.examples.balance import balanced_weights


def train(training: Training, labels: Sequence[LabelBuilt]) -> Trained:
    """Train on labels."""
    kto = training.recipe.kto
    good = sum(label.desirable for label in labels)
    desirable, undesirable = balanced_weights(good, len(labels) - good, kto.desirable_ratio)
    trainer = KTOTrainer(
        **training.inputs(map(_row, labels)),
        args=KTOConfig(
            **training.arguments(kto),
            beta=kto.beta,
            loss_type=kto.loss,
            desirable_weight=desirable,
            undesirable_weight=undesirable,
            disable_dropout=training.recipe.lora.dropout == 0,
            precompute_ref_log_probs=True,
        ),
    )
    return training.to_end(trainer)


def _row(label: LabelBuilt) -> dict[str, Any]:
    return {
        "prompt": conversation(label.turns),
        "completion": completion(label.answer),
        "label": label.desirable,
    }
