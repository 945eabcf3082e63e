"""Merge a LoRA adapter into its base, tensor by tensor, without building the model."""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from exporter.backends.files import link_or_copy

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
    """The adapter does something other than add B @ A to weights of this base."""


def merge(base: Path, adapter: Path, target: Path) -> None:
    """Write `base` with W + scale * B @ A in the adapted weights to the directory `target`.

    Adapted tensors are written in float32, so that the GGUF's own rounding is the only one;
    the others keep their bytes, and files without weights are linked. Raises `NotMergeable`.
    """
    deltas = _Deltas(adapter)
    target.mkdir()
    for path in base.iterdir():
        if path.suffix == ".safetensors":
            save_file(_merged(path, deltas), target / path.name, metadata={"format": "pt"})
        elif path.is_file():
            link_or_copy(path, target / path.name)
    deltas.check_all_used()


def count_parameters(base: Path) -> int:
    """Read the shapes in the headers of all weight files."""
    total = 0
    for path in base.glob("*.safetensors"):
        with safe_open(path, framework="pt") as weights:
            total += sum(math.prod(weights.get_slice(key).get_shape()) for key in weights.keys())  # noqa: SIM118 -- not a mapping
    return total


class _Deltas:
    def __init__(self, adapter: Path) -> None:
        settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        self._scale = _scale(settings)
        self._tensors = load_file(adapter / "adapter_model.safetensors")
        self._unused = set(self._tensors)

    def of(self, key: str) -> torch.Tensor | None:
        """The float32 change of the base tensor `key`, or None."""
        module = _PREFIX + key.removesuffix(".weight")
        a_key, b_key = f"{module}.lora_A.weight", f"{module}.lora_B.weight"
        if a_key not in self._tensors:
            return None
        self._unused -= {a_key, b_key}
        return (self._tensors[b_key].float() @ self._tensors[a_key].float()) * self._scale

    def check_all_used(self) -> None:
        if self._unused:
            raise NotMergeable(f"the base has no place for {', '.join(sorted(self._unused)[:3])}")


def _scale(settings: dict[str, Any]) -> float:
    used = [name for name in _UNSUPPORTED if settings.get(name)]
    if settings.get("peft_type") != "LORA" or settings.get("bias", "none") != "none" or used:
        raise NotMergeable(f"only plain LoRA can be merged, not {', '.join(used) or 'this kind'}")
    rank, alpha = settings["r"], settings["lora_alpha"]
    return float(alpha / math.sqrt(rank) if settings.get("use_rslora") else alpha / rank)


def _merged(path: Path, deltas: _Deltas) -> dict[str, torch.Tensor]:
    tensors = load_file(path)
    for key, weight in tensors.items():
        delta = deltas.of(key)
        if delta is not None:
            tensors[key] = weight.float() + delta
    return tensors
