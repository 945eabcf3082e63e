"""The tokens that end an answer: of a base model, and of a GGUF."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import llama_cpp


def end_tokens(directory: Path) -> list[int]:
    """The tokens that end an answer, as transformers generates it."""
    for name in ("generation_config.json", "config.json"):
        if (directory / name).is_file():
            ends = json.loads((directory / name).read_text(encoding="utf-8")).get("eos_token_id")
            if ends is not None:
                return [ends] if isinstance(ends, int) else list(ends)
    return []


def without_end(path: Path, tokens: Sequence[int]) -> list[int]:
    """Those of `tokens` that do not end an answer of the GGUF; none if it cannot be read."""
    logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if not model:
        return []
    try:
        vocabulary = llama_cpp.llama_model_get_vocab(model)
        return [token for token in tokens if not llama_cpp.llama_vocab_is_eog(vocabulary, token)]
    finally:
        llama_cpp.llama_model_free(model)
