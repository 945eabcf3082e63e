"""Tokenizers of base models; each writes its files and returns what a config says of it."""

import functools
import io
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

from ratchet_models.base_models import materialize
from ratchet_testing import tiktoken_vocabularies
from ratchet_testing.tiktoken_vocabularies import LLAMA_3, QWEN

WriteTokenizer = Callable[[Path], dict[str, Any]]

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
    LLAMA_3.write(directory, _HEADERS)
    return {
        "vocab_size": 128256,
        "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009],
    }


def qwen(directory: Path) -> dict[str, Any]:
    """The real one of Qwen 2, 2.5 and 3; the embeddings have rows beyond its vocabulary."""
    QWEN.write(directory, _CHATML)
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


@functools.cache
def _sentencepiece_model() -> bytes:
    import sentencepiece

    sources = (__file__, tiktoken_vocabularies.__file__)
    text = _HEADERS + "".join(Path(source).read_text(encoding="utf-8") for source in sources)
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
