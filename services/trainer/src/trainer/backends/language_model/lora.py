"""LoRA adapters with PEFT: create, load, merge, disable, save."""

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
    """The configuration of an adapter whose initial effect is none."""
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.targets),
        task_type=TaskType.CAUSAL_LM,
    )


def with_champion(model: PreTrainedModel, champion: Path) -> Adapted:
    """`model` with the champion's adapter, ready for further training."""
    return PeftModel.from_pretrained(model, str(champion), is_trainable=True)


def remove_adapter(model: Adapted) -> None:
    """Restore the base model."""
    without: Any = model.unload
    without()


@contextmanager
def adapter_merged(model: Adapted) -> Iterator[None]:
    """Merge the adapter into the weights for the time of the block: equal answers, faster."""
    model.merge_adapter([_TRAINED])
    try:
        yield
    finally:
        model.unmerge_adapter()


def adapter_disabled(model: Adapted) -> AbstractContextManager[None]:
    """Disable the unmerged adapter for the time of the block: the model is its base."""
    without: AbstractContextManager[None] = model.disable_adapter()
    return without


def save_adapter(model: Adapted, directory: Path) -> None:
    """Write PEFT's two files: `adapter_config.json` and `adapter_model.safetensors`."""
    model.save_pretrained(str(directory), selected_adapters=[_TRAINED])
