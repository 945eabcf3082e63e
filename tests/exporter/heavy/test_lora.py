"""Merging tensor by tensor gives the same weights as PEFT."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from exporter.backends.gguf.lora import MergedWeights, NotMergeable
from exporter.backends.gguf.merge import write_merged
from exporter.backends.gguf.safetensors_weights import SafetensorsWeights

pytestmark = pytest.mark.heavy


@pytest.fixture
def base(tmp_path: Path) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def adapter(base: Path, target: Path, **settings: Any) -> Path:
    """A random adapter that changes every weight that it can."""
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaForCausalLM

    config = LoraConfig(**{"r": 4, "lora_alpha": 12, "target_modules": "all-linear", **settings})
    model = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    model.save_pretrained(str(target), save_embedding_layers=False)
    return target


@pytest.mark.parametrize("use_rslora", [False, True])
def test_merged_weights_equal_those_of_peft(base: Path, tmp_path: Path, use_rslora: bool) -> None:
    from peft import PeftModel
    from transformers import LlamaForCausalLM

    lora = adapter(base, tmp_path / "adapter", use_rslora=use_rslora)
    write_merged(base, MergedWeights(base, lora), tmp_path / "merged")

    ours = LlamaForCausalLM.from_pretrained(tmp_path / "merged").state_dict()
    model = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(base), str(lora))
    theirs = model.merge_and_unload().state_dict()
    before = LlamaForCausalLM.from_pretrained(base).state_dict()
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=0, atol=1e-6)
    changed = {name for name in ours if not torch.equal(ours[name], before[name])}
    assert len(changed) == 2 * 7


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


def test_parameters_are_counted_from_the_headers(base: Path) -> None:
    from transformers import LlamaForCausalLM

    assert (
        SafetensorsWeights.of_model(base).parameters
        == LlamaForCausalLM.from_pretrained(base).num_parameters()
    )
    assert json.loads((base / "config.json").read_text())["tie_word_embeddings"] is True


@pytest.mark.parametrize("doubled", ["consolidated", "shards", "whole"])
def test_weights_in_two_layouts_count_once(base: Path, tmp_path: Path, doubled: str) -> None:
    """The shards of `consolidated-...` have other names; a whole file is preferred to shards."""
    from safetensors.torch import load_file, save_file
    from transformers import LlamaForCausalLM

    lora = adapter(base, tmp_path / "adapter")
    model = LlamaForCausalLM.from_pretrained(base)
    whole = base / "model.safetensors"
    if doubled != "whole":
        weights = {f"layers.{name}": w for name, w in load_file(whole).items()}
        save_file(weights, base / "consolidated-00001-of-00001.safetensors")
        save_file(weights, base / "consolidated.safetensors")
    if doubled != "consolidated":
        content = whole.read_bytes()
        whole.unlink()
        model.save_pretrained(base, max_shard_size="20KB")
        if doubled == "whole":
            whole.write_bytes(content)
    merged = MergedWeights(base, lora)
    write_merged(base, merged, tmp_path / "merged")

    assert merged.base.parameters == model.num_parameters()
    files = [path.name for path in (tmp_path / "merged").iterdir()]
    assert not any("consolidated" in name for name in files)
    assert ("model.safetensors.index.json" in files) is (doubled == "shards")
    ours = LlamaForCausalLM.from_pretrained(tmp_path / "merged").state_dict()
    for name, weight in ours.items():
        expected = merged.read("model.embed_tokens.weight" if name == "lm_head.weight" else name)
        torch.testing.assert_close(weight, torch.from_numpy(expected), rtol=0, atol=1e-6)


def test_bfloat16_weights_keep_their_bits_and_adapted_weights_are_exact(
    base: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file
    from transformers import LlamaForCausalLM

    narrow = tmp_path / "narrow"
    LlamaForCausalLM.from_pretrained(base, dtype=torch.bfloat16).save_pretrained(narrow)
    lora = adapter(base, tmp_path / "adapter")
    write_merged(narrow, MergedWeights(narrow, lora), tmp_path / "merged")

    before = load_file(narrow / "model.safetensors")
    after = load_file(tmp_path / "merged" / "model.safetensors")
    assert after.keys() == before.keys()
    for name, weight in after.items():
        if weight.dtype == torch.bfloat16:
            assert torch.equal(weight, before[name])
        else:
            assert weight.dtype == torch.float32
            assert (weight - before[name].float()).abs().max() > 0
    assert sum(weight.dtype == torch.float32 for weight in after.values()) == 2 * 7
