"""What all methods share around a TRL trainer: arguments, progress and checkpoints."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
import trl.trainer.utils
from transformers import Trainer, TrainerCallback

from ratchet.contract import CurvePoint
from ratchet.storage import flush, flush_tree
from trainer.backends.language_model.base_model import Base
from trainer.backends.language_model.distributed import first_alone, is_first, wait_for_all
from trainer.backends.language_model.lora import Adapted, Fresh
from trainer.backends.language_model.progress_callback import ProgressCallback, curve_of
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.recipe import LoopRecipe

_HEAD_TILE = 4096
_WHOLE = "whole"
OnProgress = Callable[[TrainingProgress], None]


def arguments(loop: LoopRecipe, base: Base, work_dir: Path, seed: int) -> dict[str, Any]:
    """The arguments that DPO, KTO and SFT share, with a checkpoint after every quarter."""
    device = base.model.device
    return {
        "output_dir": str(work_dir),
        "seed": seed,
        "use_cpu": device.type == "cpu",
        "bf16": device.type == "cuda" and base.model.dtype == torch.bfloat16,
        "learning_rate": loop.learning_rate,
        "num_train_epochs": loop.epochs,
        "per_device_train_batch_size": loop.batch,
        "gradient_accumulation_steps": loop.accumulation,
        "max_length": loop.max_length,
        "warmup_steps": loop.warmup,
        "weight_decay": loop.weight_decay,
        "max_grad_norm": loop.clip,
        "gradient_checkpointing": loop.gradient_checkpointing,
        "dataloader_pin_memory": device.type == "cuda",
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": 0.25,
        "save_total_limit": 2,
        "report_to": [],
        "disable_tqdm": True,
    }


def model_arguments(base: Base, adapter: Adapted | Fresh) -> dict[str, Any]:
    """The model to train: an adapted model as it is, or the base with a fresh adapter."""
    _score_answers_only(base.model.device)
    adapted = isinstance(adapter, Adapted)
    return {
        "model": adapter if adapted else base.model,
        "peft_config": None if adapted else adapter,
        "processing_class": base.tokenizer,
    }


def chat_turn(role: Literal["user", "assistant"], text: str) -> list[dict[str, str]]:
    """A conversation of one turn in TRL's format."""
    return [{"role": role, "content": text}]


def train_to_end(
    trainer: Trainer, work_dir: Path, on_progress: OnProgress
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train from the last complete checkpoint in `work_dir`, or from the start."""
    trainer.add_callback(ProgressCallback(on_progress))
    trainer.add_callback(DurableCheckpoints())
    with first_alone():
        checkpoint = _last_complete_checkpoint(work_dir)
    trainer.train(resume_from_checkpoint=checkpoint)
    trained: Any = trainer.model
    assert isinstance(trained, Adapted)
    return trained, curve_of(trainer.state.log_history)


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
