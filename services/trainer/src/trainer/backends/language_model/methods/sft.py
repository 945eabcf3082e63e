"""Supervised fine-tuning with TRL."""

from collections.abc import Sequence

from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from ratchet.contract import DemonstrationBuilt, TraceCaptured
from trainer.backends.language_model.chat_format import Turns, completion, conversation
from trainer.backends.language_model.training_loop import Trained, Training
from trainer.domain.examples.training_example import samples_of


def train(
    training: Training, demonstrations: Sequence[DemonstrationBuilt | TraceCaptured]
) -> Trained:
    """Train on demonstrations."""
    samples = [sample for each in demonstrations for sample in samples_of(each)]
    trainer = SFTTrainer(
        **training.inputs(_row(*sample) for sample in samples),
        args=SFTConfig(**training.arguments(training.recipe.sft), completion_only_loss=True),
    )
    return training.to_end(trainer)


def _row(turns: Turns, answer: str) -> dict[str, list[dict[str, str]]]:
    return {"prompt": conversation(turns), "completion": completion(answer)}
