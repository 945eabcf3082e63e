"""A tiny model for tests of the process, not of the learning."""

from pathlib import Path
from typing import Any

from ratchet_models.base_models import materialize


def tiny_config() -> Any:
    """A Llama of three thin layers and 97 words."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=97,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        attn_implementation="sdpa",
    )


def write_tiny_model(directory: Path, cache_dir: Path) -> Path:
    """A Llama of two thin layers with random weights, and the small model's tokenizer."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(materialize("smollm2-135m-instruct", cache_dir))
    torch.manual_seed(7)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            tie_word_embeddings=True,
        )
    )
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory
