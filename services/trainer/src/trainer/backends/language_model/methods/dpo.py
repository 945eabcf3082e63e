"""Direct preference optimization with TRL."""

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import groupby
from random import Random
from typing import Any

from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from ratchet.contract import PairBuilt
from trainer.backends.language_model.chat_format import completion, conversation
from trainer.backends.language_model.shared_prompt import shared_prompts
from trainer.backends.language_model.training_loop import Trained, Training
from trainer.domain.examples.truth import is_true, situation_of_example


def train(training: Training, pairs: Sequence[PairBuilt]) -> Trained:
    """Train on pairs."""
    dpo = training.recipe.dpo
    with shared_prompts(training.base.model.base_model) if dpo.share_prompts else nullcontext():
        return training.to_end(trainer_of(training, pairs))


def trainer_of(training: Training, pairs: Sequence[PairBuilt]) -> DPOTrainer:
    """TRL's trainer; its rows have the reference log-probabilities, with their margins."""
    dpo = training.recipe.dpo
    together = neighbours_in_random_order(pairs, training.recipe.seed)
    trainer = DPOTrainer(
        **training.inputs(_row(pair, dpo.margin) for pair in together),
        args=DPOConfig(
            **training.arguments(dpo),
            train_sampling_strategy="sequential",
            beta=dpo.beta,
            loss_type=list(dpo.losses),
            loss_weights=list(dpo.loss_weights) or None,
            label_smoothing=dpo.label_smoothing,
            disable_dropout=training.recipe.lora.dropout == 0,
            precompute_ref_log_probs=True,
        ),
    )
    if dpo.margin:
        # Not the loss but the reference is changed: sigmoid(beta * (delta - margin)) is what TRL
        # computes for a chosen answer that the reference finds more likely by the margin. TRL's
        # own cache of the rows has no margins, so each start of the run adds them once.
        rows: Any = trainer.train_dataset
        trainer.train_dataset = rows.map(_with_margin, keep_in_memory=True)
    return trainer


def neighbours_in_random_order(pairs: Sequence[PairBuilt], seed: int) -> list[PairBuilt]:
    """The pairs in random order, where neighbours with the same readings stay together.

    A batch computes a common beginning of prompts once.
    """
    groups = [list(group) for _, group in groupby(pairs, _before_question)]
    Random(seed).shuffle(groups)
    return [pair for group in groups for pair in group]


def _before_question(pair: PairBuilt) -> str:
    return pair.prompt[: max(0, pair.prompt.rfind(pair.question.text))] or pair.prompt


def has_margin(pair: PairBuilt) -> bool:
    """Whether the chosen side is true to the readings of the prompt, and the other is not."""
    situation = situation_of_example(pair)
    return (is_true(pair.chosen, situation), is_true(pair.rejected, situation)) == (True, False)


def _row(pair: PairBuilt, margin: float) -> dict[str, Any]:
    return {
        "prompt": conversation(pair.turns),
        "chosen": completion(pair.chosen),
        "rejected": completion(pair.rejected),
        "margin": margin if margin and has_margin(pair) else 0.0,
    }


def _with_margin(row: dict[str, Any]) -> dict[str, Any]:
    return {"ref_chosen_logps": row["ref_chosen_logps"] + row["margin"]}
