"""Adapters in PEFT: what a fresh one looks like, going on from an old one, merging, saving."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, TaskType
from transformers import PreTrainedModel

from trainer.domain.runs.recipe import LoraRecipe

Adapted = PeftModel
Fresh = LoraConfig
_TRAINED = "default"


def fresh_adapter(recipe: LoraRecipe) -> Fresh:
    """An adapter that starts without effect."""
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.targets),
        task_type=TaskType.CAUSAL_LM,
    )


def with_champion(model: PreTrainedModel, champion: Path) -> Adapted:
    """`model` with the adapter in service, trainable from where it stands."""
    return PeftModel.from_pretrained(model, str(champion), is_trainable=True)


def take_off(model: Adapted) -> None:
    """Leave the base as it was before it wore the adapter."""
    without: Any = model.unload
    without()


@contextmanager
def merged(model: Adapted) -> Iterator[None]:
    """While inside, the adapter is part of the weights: the same answers, sooner."""
    model.merge_adapter([_TRAINED])
    try:
        yield
    finally:
        model.unmerge_adapter()


def bare(model: Adapted) -> AbstractContextManager[None]:
    """While inside, the unmerged adapter has no effect: the model is its base."""
    without: AbstractContextManager[None] = model.disable_adapter()
    return without


def save_adapter(model: Adapted, directory: Path) -> None:
    """Write PEFT's two files: `adapter_config.json` and `adapter_model.safetensors`."""
    model.save_pretrained(str(directory), selected_adapters=[_TRAINED])
