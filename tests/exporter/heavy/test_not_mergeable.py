"""An adapter that is more than plain LoRA, or not one of its base, is refused in words."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from exporter.backends.gguf.lora import MergedWeights, NotMergeable

from .bases import random_adapter as adapter
from .bases import small_base

pytestmark = pytest.mark.heavy


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return small_base(tmp_path / "base")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": 2}}, "alpha_pattern"),
        ({"bias": "all"}, "bias all"),
        ({"lora_bias": True}, "lora_bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"layer_replication": [[0, 2], [1, 2]]}, "layer_replication"),
        ({"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights pissa"),
        ({"peft_type": "IA3"}, "peft_type IA3"),
        ({"a_setting_of_a_later_release": True}, "a_setting_of_a_later_release"),
    ],
)
def test_an_adapter_that_is_more_than_lora_is_not_merged(
    base: Path, tmp_path: Path, settings: dict[str, Any], named: str
) -> None:
    lora = adapter(base, tmp_path / "adapter")
    path = lora / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    with pytest.raises(NotMergeable, match=f"not {named}$"):
        MergedWeights(base, lora)


@pytest.mark.parametrize("target", ["embed_tokens", "lm_head"])
def test_an_adapter_of_tied_embeddings_is_not_merged(
    base: Path, tmp_path: Path, target: str
) -> None:
    """Also if the base stores the tied weight twice."""
    from safetensors.torch import load_file, save_file

    weights = load_file(base / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    lora = adapter(base, tmp_path / "adapter", target_modules=[target, "q_proj"])
    with pytest.raises(NotMergeable, match="embeddings"):
        MergedWeights(base, lora)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda weights, name: weights.pop(name), r"but no .*lora_B\.weight"),
        (lambda weights, name: weights.update({name: weights[name][:5]}), r"does not fit model\."),
        (
            lambda weights, name: weights.update({"base_model.gate": weights[name].clone()}),
            "low-rank",
        ),
    ],
)
def test_an_adapter_with_missing_or_foreign_weights_is_not_merged(
    base: Path, tmp_path: Path, damage: Any, named: str
) -> None:
    from safetensors.torch import load_file, save_file

    lora = adapter(base, tmp_path / "adapter")
    weights = load_file(lora / "adapter_model.safetensors")
    damage(weights, next(name for name in weights if "lora_B" in name))
    save_file({n: w.contiguous() for n, w in weights.items()}, lora / "adapter_model.safetensors")
    with pytest.raises(NotMergeable, match=named):
        MergedWeights(base, lora)


@pytest.mark.parametrize("settings", [{"r": 2}, {"r": 0}, {"r": None}, {"lora_alpha": "12"}])
def test_an_adapter_of_another_rank_is_not_merged(
    base: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    lora = adapter(base, tmp_path / "adapter")
    path = lora / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    with pytest.raises(NotMergeable, match=next(iter(settings))):
        MergedWeights(base, lora)


def test_an_adapter_without_its_weights_is_not_merged(base: Path, tmp_path: Path) -> None:
    lora = adapter(base, tmp_path / "adapter")
    (lora / "adapter_model.safetensors").unlink()
    with pytest.raises(NotMergeable, match=r"no adapter_model\.safetensors"):
        MergedWeights(base, lora)


def test_weights_that_are_not_floats_are_not_merged(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    lora = adapter(base, tmp_path / "adapter")
    weights = load_file(base / "model.safetensors")
    quantized = {n: w.to(torch.float8_e4m3fn) if w.dim() == 2 else w for n, w in weights.items()}
    save_file(quantized, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NotMergeable, match="F8_E4M3"):
        MergedWeights(base, lora)


def test_an_adapter_of_another_base_is_not_merged(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    lora = adapter(base, tmp_path / "adapter")
    weights = load_file(lora / "adapter_model.safetensors")
    renamed = {name.replace("layers.1.", "layers.9."): weight for name, weight in weights.items()}
    save_file(renamed, lora / "adapter_model.safetensors")
    with pytest.raises(NotMergeable, match=r"layers\.9\."):
        MergedWeights(base, lora)
