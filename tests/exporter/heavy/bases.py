"""Random bases of the supported families: small, in the proportions of the real ones."""

from pathlib import Path
from typing import Any, NamedTuple

from .tokenizers import WriteTokenizer


class Family(NamedTuple):
    """`kind` begins the names of the classes; `padding` is rows of embeddings without a token."""

    kind: str
    settings: dict[str, Any]
    padding: int = 0
    tied: bool = False


_SCALED = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
_GEMMA = {"head_dim": 64, "query_pre_attn_scalar": 64, "sliding_window": 16}
_MULTIPLIERS = {
    "embedding_multiplier": 12.0,
    "residual_multiplier": 0.22,
    "attention_multiplier": 0.015625,
    "logits_scaling": 8.0,
}
FAMILIES = {
    "llama 3.1": Family("Llama", {"rope_parameters": _SCALED}),
    "llama 3.2": Family("Llama", {"rope_parameters": _SCALED, "head_dim": 32}, tied=True),
    "qwen 2": Family(
        "Qwen2",
        {"hidden_size": 224, "num_attention_heads": 14, "num_key_value_heads": 2},
        padding=64,
        tied=True,
    ),
    "qwen 2.5": Family("Qwen2", {"num_attention_heads": 8, "num_key_value_heads": 1}, padding=64),
    "qwen 3": Family("Qwen3", {"head_dim": 128, "num_key_value_heads": 2}, padding=64, tied=True),
    "gemma 2": Family("Gemma2", {**_GEMMA, "num_key_value_heads": 2}, tied=True),
    "gemma 3": Family("Gemma3", {**_GEMMA, "num_hidden_layers": 6}, padding=64, tied=True),
    "mistral": Family("Mistral", {"head_dim": 80}),
    "phi 3": Family("Phi3", {"num_key_value_heads": 4, "sliding_window": 2047}, padding=64),
    "granite": Family("Granite", _MULTIPLIERS, tied=True),
}


def write_base(
    family: str, directory: Path, write_tokenizer: WriteTokenizer, seed: int = 1
) -> Path:
    """Write random bfloat16 weights whose likeliest tokens stand out, and the tokenizer."""
    import torch
    import transformers

    kind, settings, padding, tied = FAMILIES[family]
    directory.mkdir(parents=True)
    written = write_tokenizer(directory)
    tokens = written["vocab_size"]
    config = getattr(transformers, "Gemma3TextConfig" if kind == "Gemma3" else f"{kind}Config")(
        **{
            "hidden_size": 256,
            "intermediate_size": 512,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 1,
            "max_position_embeddings": 1024,
            "initializer_range": 0.1,
            "tie_word_embeddings": tied,
            **written,
            "vocab_size": tokens + padding,
            **settings,
        }
    )
    torch.manual_seed(seed)
    model = getattr(transformers, f"{kind}ForCausalLM")(config)
    embeddings, norm = model.get_input_embeddings().weight, model.model.norm.weight
    offset = 1 if kind.startswith("Gemma") else 0
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias") or "norm" in name:
                weight.add_(0.1 * torch.randn_like(weight))
        # Small embeddings: what is predicted depends on the layers and not on the last token alone.
        embeddings.div_(settings.get("embedding_multiplier", 16 if offset else 1))
        model.get_output_embeddings().weight[tokens:] = 0
        spread = model(torch.arange(tokens - 40, tokens)[None]).logits.std()
        norm.copy_((norm + offset) * 4 / spread - offset)
    model.to(torch.bfloat16).save_pretrained(directory)
    return directory


def small_base(target: Path) -> Path:
    """A random Llama of a few kilobytes with tied embeddings, without a tokenizer."""
    import torch
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
    LlamaForCausalLM(config).save_pretrained(target)
    return target


def random_adapter(base: Path, target: Path, **settings: Any) -> Path:
    """A random adapter that changes every weight that it can."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaForCausalLM

    config = LoraConfig(**{"r": 4, "lora_alpha": 12, "target_modules": "all-linear", **settings})
    model = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    model.save_pretrained(str(target), save_embedding_layers=False)
    return target
