"""Merges a LoRA adapter into its base model tensor by tensor, without loading the model."""

import json
import math
from pathlib import Path
from typing import Any

from exporter.backends.gguf.safetensors_weights import FLOATS, Matrix, SafetensorsWeights

_PREFIX = "base_model.model."
_SIDES = frozenset({"A.weight", "B.weight"})
_PLAIN = frozenset(
    {
        *("r", "lora_alpha", "use_rslora", "lora_dropout", "peft_type", "bias"),
        *("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
        *("task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision"),
        *("inference_mode", "megatron_core", "qalora_group_size", "eva_config"),
        *("init_lora_weights", "ensure_weight_tying", "runtime_config"),
    }
)
"""PEFT's settings that leave the change of a weight at scale * B @ A."""
_PLAIN_STARTS = (None, True, False, "gaussian", "eva", "orthogonal")
"""Values of `init_lora_weights` that leave the base's own weights as they are."""
_WEIGHTS = "adapter_model.safetensors"
_OUTPUT, _EMBEDDINGS = "lm_head.weight", "embed_tokens"


class NotMergeable(ValueError):
    """The adapter is not plain LoRA (adding B @ A to weights), or not one of this base."""


class MergedWeights:
    """The weights of `base`, with scale * B @ A added to the `adapted` ones.

    Raises `NotMergeable` if the two files of `adapter` ask for anything else.
    """

    def __init__(self, base: Path, adapter: Path) -> None:
        settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        self.base = SafetensorsWeights.of_model(base)
        self._rank, self._scale = _rank_and_scale(settings)
        if not (adapter / _WEIGHTS).is_file():
            raise NotMergeable(f"the adapter has no {_WEIGHTS}")
        self._deltas = SafetensorsWeights([adapter / _WEIGHTS])
        self.adapted = frozenset(_adapted(self._deltas))
        if unknown := sorted(self.adapted - set(self.base)):
            raise NotMergeable(f"the base has no weights named {', '.join(unknown[:3])}")
        if _OUTPUT in self.adapted and _is_tied(base):
            raise NotMergeable(
                f"{_OUTPUT} is tied to the embeddings, so a change of it cannot be merged."
                " Train an adapter without it."
            )
        for name in sorted(self.adapted):
            self._check(name)

    def read(self, name: str) -> Matrix:
        weight = self.base[name].floats()
        if name in self.adapted:
            weight += self.delta(name)
        return weight

    def delta(self, name: str) -> Matrix:
        """The change of the adapted weight `name`, in float32."""
        a, b = (self._deltas[side].floats() for side in _sides(name))
        change: Matrix = b @ a
        change *= self._scale
        return change

    def _check(self, name: str) -> None:
        weight = self.base[name]
        if weight.kind not in FLOATS:
            raise NotMergeable(
                f"{name} of the base is stored as {weight.kind}."
                " Use the base that is not quantized."
            )
        a, b = (self._deltas[side].shape for side in _sides(name))
        if (a, b) != ((self._rank, *weight.shape[1:]), (*weight.shape[:1], self._rank)):
            raise NotMergeable(
                f"a change of {b} by {a} with r {self._rank} does not fit {name} of {weight.shape}"
            )


def _sides(name: str) -> tuple[str, str]:
    """The names of A and B of the adapted weight `name`."""
    module = _PREFIX + name.removesuffix(".weight")
    return f"{module}.lora_A.weight", f"{module}.lora_B.weight"


def _adapted(deltas: SafetensorsWeights) -> list[str]:
    adapted = []
    for name in deltas:
        module, _, side = name.rpartition(".lora_")
        if _EMBEDDINGS in name.split("."):
            raise NotMergeable(
                f"{name} changes the embeddings, which cannot be merged."
                " Train an adapter without them."
            )
        if side not in _SIDES or not name.startswith(_PREFIX):
            raise NotMergeable(f"{name} is not a low-rank change of a weight")
        weight = f"{module.removeprefix(_PREFIX)}.weight"
        if missing := [other for other in _sides(weight) if other not in deltas]:
            raise NotMergeable(f"the adapter has {name} but no {missing[0]}")
        adapted.append(weight)
    return adapted


def _rank_and_scale(settings: dict[str, Any]) -> tuple[int, float]:
    kind, bias = settings.get("peft_type"), settings.get("bias", "none")
    start = settings.get("init_lora_weights")
    more = sorted(name for name, value in settings.items() if value and name not in _PLAIN)
    if kind != "LORA":
        more.append(f"peft_type {kind}")
    if bias != "none":
        more.append(f"bias {bias}")
    if start not in _PLAIN_STARTS:
        more.append(f"init_lora_weights {start}")
    if more:
        raise NotMergeable(f"only plain LoRA can be merged, not {', '.join(more)}")
    rank, alpha = settings.get("r"), settings.get("lora_alpha")
    if not isinstance(rank, int) or not isinstance(alpha, int | float) or rank < 1:
        raise NotMergeable(f"r {rank} and lora_alpha {alpha} of the adapter are not a scale")
    return rank, alpha / math.sqrt(rank) if settings.get("use_rslora") else alpha / rank


def _is_tied(base: Path) -> bool:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return bool(config.get("tie_word_embeddings"))
