"""The training methods: each is a TRL trainer behind one signature."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ratchet.contract import Method
from trainer.backends.language_model.training_loop import Trained, Training

TrainingMethod = Callable[[Training, Sequence[Any]], Trained]
"""Trains on examples of the method's kind, from the last complete checkpoint if there is one."""


def training_method(method: Method | Literal["grpo"]) -> TrainingMethod:
    """Import the TRL trainer of `method` alone: each import takes a second."""
    match method:
        case "dpo":
            from trainer.backends.language_model.methods import dpo

            return dpo.train
        case "kto":
            from trainer.backends.language_model.methods import kto

            return kto.train
        case "sft":
            from trainer.backends.language_model.methods import sft

            return sft.train
        case "grpo":
            from trainer.backends.language_model.methods import grpo

            return grpo.train
