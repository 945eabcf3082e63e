"""Merging tensor by tensor gives the same weights as PEFT."""

import json
from pathlib import Path

import pytest
import torch

from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.merge import write_merged
from exporter.backends.gguf.safetensors_weights import SafetensorsWeights

from .bases import random_adapter as adapter
from .bases import small_base

pytestmark = pytest.mark.heavy


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return small_base(tmp_path / "base")


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
