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

    config = LoraConfig(r=4, lora_alpha=12, target_modules="all-linear", **settings)
    model = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    model.save_pretrained(str(target))
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


def test_an_adapter_that_is_more_than_lora_is_not_merged(base: Path, tmp_path: Path) -> None:
    lora = adapter(base, tmp_path / "adapter", use_dora=True)
    with pytest.raises(NotMergeable, match="use_dora"):
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
        SafetensorsWeights(base).parameters
        == LlamaForCausalLM.from_pretrained(base).num_parameters()
    )
    assert json.loads((base / "config.json").read_text())["tie_word_embeddings"] is True


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
