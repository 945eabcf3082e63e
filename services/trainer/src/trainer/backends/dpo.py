"""DPO in TRL."""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import trl.trainer.utils
from datasets import Dataset  # type: ignore[import-untyped]
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from ratchet.events.run import CurvePoint
from trainer.backends.base import Base
from trainer.backends.lora import Adapted, Fresh
from trainer.backends.news import News, curve_of
from trainer.backends.shared_prompt import shared_prompts
from trainer.domain.dataset import TrainingPair
from trainer.domain.job import Progress
from trainer.domain.recipe import Recipe

_HEAD_TILE = 4096


def train(
    base: Base,
    adapter: Adapted | Fresh,
    pairs: Sequence[TrainingPair],
    recipe: Recipe,
    work_dir: Path,
    on_progress: Callable[[Progress], None],
) -> tuple[Adapted, tuple[CurvePoint, ...]]:
    """Train `adapter` on `base` and return the adapted model with its learning curve.

    Goes on from the last whole checkpoint in `work_dir`, and leaves one after every quarter.
    """
    _score_answers_only(base.model.device)
    model, fresh = (adapter, None) if isinstance(adapter, Adapted) else (base.model, adapter)
    sharing = recipe.dpo.share_prompts
    with shared_prompts(base.model.base_model) if sharing else nullcontext():
        trainer = DPOTrainer(
            model=model,
            args=_arguments(recipe, base, work_dir),
            train_dataset=Dataset.from_list([_row(pair) for pair in pairs]),
            processing_class=base.tokenizer,
            peft_config=fresh,
            callbacks=[News(on_progress)],
        )
        trainer.train(resume_from_checkpoint=_last_whole_checkpoint(work_dir))
    trained = trainer.model
    assert isinstance(trained, Adapted)
    return trained, curve_of(trainer.state.log_history)


def _arguments(recipe: Recipe, base: Base, work_dir: Path) -> DPOConfig:
    dpo, device = recipe.dpo, base.model.device
    return DPOConfig(
        output_dir=str(work_dir),
        seed=recipe.seed,
        use_cpu=device.type == "cpu",
        bf16=device.type == "cuda" and base.model.dtype == torch.bfloat16,
        beta=dpo.beta,
        loss_type=list(dpo.losses),
        loss_weights=list(dpo.loss_weights) or None,
        learning_rate=dpo.learning_rate,
        num_train_epochs=dpo.epochs,
        per_device_train_batch_size=dpo.batch,
        gradient_accumulation_steps=dpo.accumulation,
        max_length=dpo.max_length,
        warmup_steps=dpo.warmup,
        weight_decay=dpo.weight_decay,
        max_grad_norm=dpo.clip,
        gradient_checkpointing=dpo.gradient_checkpointing,
        disable_dropout=recipe.lora.dropout == 0,
        precompute_ref_log_probs=True,
        dataloader_pin_memory=device.type == "cuda",
        logging_steps=1,
        save_strategy="steps",
        save_steps=0.25,
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
    )


def _row(pair: TrainingPair) -> dict[str, list[dict[str, str]]]:
    return {
        "prompt": [{"role": "user", "content": pair.prompt}],
        "chosen": [{"role": "assistant", "content": pair.chosen}],
        "rejected": [{"role": "assistant", "content": pair.rejected}],
    }


def _score_answers_only(device: torch.device) -> None:
    """On a CPU, TRL projects every prompt position onto the vocabulary and then masks it.

    Its own switch for scoring answer positions alone asks for Triton; without Triton the rest
    of the code is the same. A smaller tile keeps the logits in the cache. Halves a step.
    """
    if device.type == "cpu":
        inside: Any = trl.trainer.utils
        inside._use_triton = lambda _device: True
        inside._CHUNKED_LOGPROB_CHUNK_SIZE = _HEAD_TILE


def _last_whole_checkpoint(work_dir: Path) -> str | None:
    """The trainer state is written last: a checkpoint without a readable one is torn."""
    found = sorted(work_dir.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for checkpoint in reversed(found):
        try:
            json.loads((checkpoint / "trainer_state.json").read_bytes())
        except (OSError, ValueError):
            continue
        return str(checkpoint)
    return None
