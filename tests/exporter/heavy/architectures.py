"""Random models of several architectures, as small as the converter and llama.cpp accept."""

import json
import shutil
from pathlib import Path
from typing import Any

from ratchet.models.base_models import materialize

_SIZES: dict[str, Any] = {
    "vocab_size": 49152,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "tie_word_embeddings": True,
}
ARCHITECTURES = ("llama", "qwen2", "gemma3")


def write_model(architecture: str, directory: Path, cache: Path, seed: int = 1) -> Path:
    """Random weights, and the packaged model's tokenizer and chat template."""
    import torch
    from transformers import (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen2Config,
        Qwen2ForCausalLM,
    )

    kinds: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "llama": (LlamaForCausalLM, LlamaConfig, {}),
        "qwen2": (Qwen2ForCausalLM, Qwen2Config, {}),
        "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig, {"head_dim": 16}),
    }
    torch.manual_seed(seed)
    model, config, special = kinds[architecture]
    model(config(**_SIZES, **special)).save_pretrained(directory)
    for path in materialize("smollm2-135m-instruct", cache).glob("tokenizer*"):
        shutil.copy(path, directory)
    return directory


def for_the_converter(directory: Path, target: Path) -> Path:
    """The same model with its tokenizer read as it is written.

    transformers reads that of every Qwen2 as Qwen's own, which splits words in a way that the
    converter does not know together with the packaged vocabulary.
    """
    shutil.copytree(directory, target)
    path = target / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "model_type": "llama"}))
    return target
