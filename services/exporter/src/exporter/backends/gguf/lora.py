"""Merges a LoRA adapter into its base model tensor by tensor, without loading the model."""

import json
import math
from pathlib import Path
from typing import Any

from exporter.backends.gguf.safetensors_weights import Matrix, SafetensorsWeights

_PREFIX = "base_model.model."
_UNSUPPORTED = (
    "use_dora",
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "fan_in_fan_out",
    "lora_bias",
    "trainable_token_indices",
    "target_parameters",
)


class NotMergeable(ValueError):
    """The adapter is not plain LoRA (adding B @ A to weights), or not one of this base."""


class MergedWeights:
    """The weights of `base`, with scale * B @ A added to the `adapted` ones."""

    def __init__(self, base: Path, adapter: Path) -> None:
        settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        self.base = SafetensorsWeights(base)
        self._scale = _scale(settings)
        self._deltas = SafetensorsWeights(adapter)
        self.adapted = frozenset(_adapted(self._deltas))
        if unknown := sorted(self.adapted - set(self.base)):
            raise NotMergeable(f"the base has no weights named {', '.join(unknown[:3])}")

    def read(self, name: str) -> Matrix:
        weight = self.base[name].floats()
        if name in self.adapted:
            weight += self.delta(name)
        return weight

    def delta(self, name: str) -> Matrix:
        """The change of the adapted weight `name`, in float32."""
        module = _PREFIX + name.removesuffix(".weight")
        a, b = (self._deltas[f"{module}.lora_{side}.weight"].floats() for side in "AB")
        change: Matrix = b @ a
        change *= self._scale
        return change


def _adapted(deltas: SafetensorsWeights) -> list[str]:
    adapted = []
    for name in deltas:
        module, side, _ = name.rpartition(".lora_")
        if not side or not name.startswith(_PREFIX):
            raise NotMergeable(f"{name} is not a low-rank change")
        adapted.append(f"{module.removeprefix(_PREFIX)}.weight")
    return adapted


def _scale(settings: dict[str, Any]) -> float:
    unsupported = [name for name in _UNSUPPORTED if settings.get(name)]
    if settings.get("peft_type") != "LORA" or settings.get("bias", "none") != "none" or unsupported:
        raise NotMergeable(
            f"only plain LoRA can be merged, not {', '.join(unsupported) or 'this kind'}"
        )
    rank, alpha = settings["r"], settings["lora_alpha"]
    return float(alpha / math.sqrt(rank) if settings.get("use_rslora") else alpha / rank)
