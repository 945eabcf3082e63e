"""`trainer.run` with memory for one example at a time from the third step on."""

import runpy
from typing import Any

import torch
from transformers import Trainer

_step = Trainer.training_step


def _training_step(self: Any, *arguments: Any) -> Any:
    if self.state.global_step >= 2 and self.args.per_device_train_batch_size > 1:
        torch.empty(2**60, dtype=torch.uint8)
    return _step(self, *arguments)


Trainer.training_step = _training_step
runpy.run_module("trainer.run", run_name="__main__")
