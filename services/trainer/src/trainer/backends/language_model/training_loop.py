"""What every method has in common around a TRL trainer: arguments, news and checkpoints."""

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
from trainer.backends.language_model.progress_callback import News, curve_of
from trainer.domain.runs.child_messages import Progress
from trainer.domain.runs.recipe import LoopRecipe

_HEAD_TILE = 4096
_WHOLE = "whole"
OnProgress = Callable[[Progress], None]


def arguments(loop: LoopRecipe, base: Base, work_dir: Path, seed: int) -> dict[str, Any]:
    """The arguments that DPO, KTO and SFT share; a checkpoint is left after every quarter."""
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


def beginning(base: Base, adapter: Adapted | Fresh) -> dict[str, Any]:
    """Whom a trainer teaches: an adapted model goes on, a fresh adapter is put onto the base."""
    _score_answers_only(base.model.device)
    adapted = isinstance(adapter, Adapted)
    return {
        "model": adapter if adapted else base.model,
        "peft_config": None if adapted else adapter,
        "processing_class": base.tokenizer,
    }


def turn(role: Literal["user", "assistant"], text: str) -> list[dict[str, str]]:
    """One turn of a conversation, as TRL reads them."""
    return [{"role": role, "content": text}]


def work_through(
    trainer: Trainer, work_dir: Path, on_progress: OnProgress
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train from the last whole checkpoint in `work_dir`, or from the start."""
    trainer.add_callback(News(on_progress))
    trainer.add_callback(Durable())
    with first_alone():
        checkpoint = _last_whole_checkpoint(work_dir)
    trainer.train(resume_from_checkpoint=checkpoint)
    trained: Any = trainer.model
    assert isinstance(trained, Adapted)
    return trained, curve_of(trainer.state.log_history)


def _score_answers_only(device: torch.device) -> None:
    """On a CPU, TRL projects every prompt position onto the vocabulary and then masks it.

    Its own switch for scoring answer positions alone asks for Triton; without Triton the rest
    of the code is the same. A smaller tile keeps the logits in the cache. Halves a step.
    """
    if device.type == "cpu":
        inside: Any = trl.trainer.utils
        inside._use_triton = lambda _device: True
        inside._CHUNKED_LOGPROB_CHUNK_SIZE = _HEAD_TILE


class Durable(TrainerCallback):
    """Marks a checkpoint as whole once all of it, every process's part, has reached the disk.

    Without that a power loss may leave a checkpoint whose files are there and empty.
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


def _last_whole_checkpoint(work_dir: Path) -> str | None:
    """Removes what is not whole: it must not outlive an older one that is."""
    whole: dict[int, Path] = {}
    for checkpoint in work_dir.glob("checkpoint-*"):
        if (checkpoint / _WHOLE).exists():
            whole[int(checkpoint.name.split("-")[1])] = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return str(whole[max(whole)]) if whole else None
