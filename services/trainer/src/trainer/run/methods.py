"""The methods a run can teach by: one port, one TRL trainer behind each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ratchet.contract import CurvePoint, Method
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.training_loop import OnProgress
from trainer.domain.runs.recipe import Recipe


class Teach(Protocol):
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
        """Train `adapter` on `base` and return the adapted model with its learning curve.

        `examples` are of the method's kind. Goes on from the last whole checkpoint in
        `work_dir`, and leaves one after every quarter.
        """


def taught_by(method: Method) -> Teach:
    """Loads the trainer of `method` alone: each takes a second."""
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
