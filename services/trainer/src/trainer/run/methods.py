"""The training methods: each is a TRL trainer behind one signature."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ratchet.contract import CurvePoint, Method
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.training_loop import OnProgress
from trainer.domain.runs.recipe import Recipe


class TrainingMethod(Protocol):
    def __call__(
        self,
        base: Base,
        adapter: Adapted | Fresh,
        examples: Sequence[Any],
        recipe: Recipe,
        work_dir: Path,
        on_progress: OnProgress,
        /,
    ) -> tuple[Adapted, tuple[CurvePoint, ...]]:
        """Train `adapter` on `base`; returns the adapted model and its learning curve.

        `examples` are of the method's kind. Training resumes from the last complete checkpoint
        in `work_dir`, and stores one after every quarter.
        """


def training_method(method: Method) -> TrainingMethod:
    """Import the TRL trainer of `method` alone: each import takes a second."""
    match method:
        case "dpo":
            from trainer.backends.language_model import dpo

            return dpo.train
        case "kto":
            from trainer.backends.language_model import kto

            return kto.train
        case "sft":
            from trainer.backends.language_model import sft

            return sft.train
