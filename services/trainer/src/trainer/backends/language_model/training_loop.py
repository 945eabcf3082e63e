"""What all methods share around a TRL trainer: arguments, rows, progress and checkpoints."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import trl.trainer.utils
from datasets import Dataset  # type: ignore[import-untyped]
from transformers import Trainer, TrainerCallback

from ratchet.contract import CurvePoint
from ratchet.storage import flush, flush_tree
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.distributed import (
    first_alone,
    is_alone,
    is_first,
    wait_for_all,
)
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.progress_callback import ProgressCallback, curve_of
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.loop_recipes import LoopRecipe
from trainer.domain.runs.recipe import Recipe

_HEAD_TILE = 4096
_WHOLE = "whole"
OnProgress = Callable[[TrainingProgress], None]


Trained = tuple[Adapted, tuple[CurvePoint, ...]]
"""The adapted model and its learning curve."""


@dataclass(frozen=True)
class Training:
    """The training of `adapter` on `base`; its checkpoints and rows are stored in `work_dir`."""

    base: Base
    adapter: Adapted | Fresh
    recipe: Recipe
    work_dir: Path
    on_progress: OnProgress

    def arguments(self, loop: LoopRecipe) -> dict[str, Any]:
        """The arguments that DPO, KTO and SFT share, with a checkpoint after every quarter."""
        model = self.base.model
        on_gpu = model.device.type == "cuda"
        return {
            "output_dir": str(self.work_dir),
            "seed": self.recipe.seed,
            "use_cpu": model.device.type == "cpu",
            "bf16": on_gpu and model.dtype == torch.bfloat16,
            "learning_rate": loop.learning_rate,
            "num_train_epochs": loop.epochs,
            "per_device_train_batch_size": loop.batch,
            "gradient_accumulation_steps": loop.accumulation,
            "max_length": loop.max_length,
            "warmup_steps": loop.warmup,
            "weight_decay": loop.weight_decay,
            "max_grad_norm": loop.clip,
            "gradient_checkpointing": loop.gradient_checkpointing,
            "dataloader_pin_memory": on_gpu,
            "logging_steps": 1,
            "save_strategy": "steps",
            "save_steps": 0.25,
            "save_total_limit": 2,
            "report_to": [],
            "disable_tqdm": True,
        }

    def inputs(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """What a TRL trainer reads: an adapted model or the base with a fresh adapter, and rows."""
        _score_answers_only(self.base.model.device)
        adapted = isinstance(self.adapter, Adapted)
        return {
            "model": self.adapter if adapted else self.base.model,
            "peft_config": None if adapted else self.adapter,
            "processing_class": self.base.tokenizer,
            "train_dataset": self._dataset(rows),
        }

    def to_end(self, trainer: Trainer) -> Trained:
        """Train from the last complete checkpoint in `work_dir`, or from the start."""
        trainer.add_callback(ProgressCallback(self.on_progress))
        trainer.add_callback(DurableCheckpoints())
        with first_alone():
            checkpoint = _last_complete_checkpoint(self.work_dir)
        trainer.train(resume_from_checkpoint=checkpoint)
        trained: Any = trainer.model
        assert isinstance(trained, Adapted)
        return trained, curve_of(trainer.state.log_history)

    def _dataset(self, rows: Iterable[dict[str, Any]]) -> Any:
        """A `Dataset` in memory, or for several processes in a directory that all of them read.

        TRL computes the reference log-probabilities in the first process and caches them in a
        file next to the rows. An in-memory dataset has no such file, and the others would miss
        them.
        """
        if is_alone():
            return Dataset.from_list(list(rows))
        directory = self.work_dir / "rows"
        with first_alone():
            if is_first():
                shutil.rmtree(directory, ignore_errors=True)
                Dataset.from_list(list(rows)).save_to_disk(directory)
            return Dataset.load_from_disk(directory)


def _score_answers_only(device: torch.device) -> None:
    """Make TRL project answer positions alone onto the vocabulary; on a CPU this halves a step.

    By default TRL projects every prompt position there and then masks it.
    """
    if device.type == "cpu":
        # Private names of TRL: it offers this path only where Triton is installed, but the path
        # itself is plain PyTorch. The smaller tile keeps the logits in the CPU's cache.
        # tests/trainer/test_private_names.py fails when a release renames them.
        internals: Any = trl.trainer.utils
        internals._use_triton = lambda _device: True
        internals._CHUNKED_LOGPROB_CHUNK_SIZE = _HEAD_TILE


class DurableCheckpoints(TrainerCallback):
    """Marks a checkpoint as complete after every process's part of it has reached the disk.

    transformers does not fsync: a power loss may leave a checkpoint whose files are empty.
    """

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait_for_all()
        if not is_first():
            return
        directory = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        flush_tree(directory)
        flush(directory.parent)
        (directory / _WHOLE).touch()
        flush(directory)


def _last_complete_checkpoint(work_dir: Path) -> str | None:
    """Removes incomplete checkpoints: `save_total_limit` would keep them, not complete ones."""
    complete: dict[int, Path] = {}
    for checkpoint in work_dir.glob("checkpoint-*"):
        if (checkpoint / _WHOLE).exists():
            complete[int(checkpoint.name.split("-")[1])] = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return str(complete[max(complete)]) if complete else None
