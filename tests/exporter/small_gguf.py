"""The smallest file that every server takes as a model: one layer, and a token for each byte."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

_WIDTH = 32
_HIDDEN = 64
_SPECIALS = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")


def write_small_gguf(path: Path, chat_template: str, *, adds_start: bool = False) -> Path:
    """Write a model of random weights with `chat_template` to `path`; returns it.

    With `adds_start` its tokenizer puts `<s>` before every text.
    """
    tokens = [*_SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    kinds = [TokenType.CONTROL] * len(_SPECIALS) + [TokenType.BYTE] * 256 + [TokenType.NORMAL]
    writer = GGUFWriter(path, "llama")
    writer.add_name("small")
    writer.add_block_count(1)
    writer.add_context_length(512)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // 2)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(adds_start)
    writer.add_chat_template(chat_template)
    for name, shape in _shapes(len(tokens)).items():
        values = np.random.default_rng(0).normal(0, 0.1, shape).astype(np.float32)
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    layer = {
        "attn_norm": (_WIDTH,),
        "ffn_norm": (_WIDTH,),
        "attn_q": (_WIDTH, _WIDTH),
        "attn_k": (_WIDTH, _WIDTH),
        "attn_v": (_WIDTH, _WIDTH),
        "attn_output": (_WIDTH, _WIDTH),
        "ffn_gate": (_HIDDEN, _WIDTH),
        "ffn_up": (_HIDDEN, _WIDTH),
        "ffn_down": (_WIDTH, _HIDDEN),
    }
    return {
        "token_embd.weight": (vocabulary, _WIDTH),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (vocabulary, _WIDTH),
        **{f"blk.0.{name}.weight": shape for name, shape in layer.items()},
    }
