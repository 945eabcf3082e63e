"""llama.cpp: quantize a GGUF, and ask one for tokens, logits and an answer."""

import ctypes
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from exporter.domain.parity import Logits
from exporter.domain.quantization import Quantization

_FILE_TYPES: dict[Quantization, int] = {
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "q5_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}


class QuantizationFailed(RuntimeError):
    """llama.cpp answered with an error code."""


class Unreadable(RuntimeError):
    """llama.cpp does not open the file."""


def quantize(source: Path, target: Path, kind: Quantization) -> None:
    """Write the f16 GGUF `source` as `kind` to `target`; raises `QuantizationFailed`."""
    logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = _FILE_TYPES[kind]
    parameters.nthread = os.cpu_count() or 1
    status = llama_cpp.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(parameters)
    )
    if status != 0:
        raise QuantizationFailed(f"llama.cpp answered {status} for {kind}")


def load(path: Path, **settings: Any) -> llama_cpp.Llama:
    """Open a GGUF on the CPU, its weights as they lie in the file; raises `Unreadable`.

    By default llama.cpp packs them anew for AMX where the CPU announces it, and crashes in the
    first step where a virtual machine or sandbox then withholds the tiles. `Llama` passes no
    setting for that on, so the defaults it starts from are changed while it loads.
    """
    defaults = llama_cpp.llama_cpp.llama_model_default_params

    def without_repacking() -> Any:
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    llama_cpp.llama_cpp.llama_model_default_params = without_repacking
    try:
        return llama_cpp.Llama(str(path), verbose=False, **settings)
    except ValueError as error:
        raise Unreadable(f"llama.cpp does not open the file ({error})") from error
    finally:
        llama_cpp.llama_cpp.llama_model_default_params = defaults


class Scorer:
    """A loaded GGUF that gives its logits; get one from `scoring`."""

    def __init__(self, model: llama_cpp.Llama) -> None:
        self._model = model

    @property
    def chat_template(self) -> str | None:
        """The Jinja template stored in the file."""
        return self._model.metadata.get("tokenizer.chat_template")

    def tokens(self, text: str) -> list[int]:
        """Split `text`, special tokens included, adding none."""
        return self._model.tokenize(text.encode(), add_bos=False, special=True)

    def text(self, tokens: Sequence[int]) -> str:
        """What `tokens` spell."""
        return self._model.detokenize(list(tokens)).decode(errors="replace")

    @property
    def end_of_turn(self) -> int:
        """The token that ends an answer."""
        return self._model.token_eos()

    def answered(self, prompt: Sequence[int], count: int) -> list[int]:
        """The at most `count` likeliest tokens after `prompt`, up to the end of the turn."""
        self._model.reset()  # type: ignore[no-untyped-call]
        self._model.eval(prompt)
        said: list[int] = []
        for _ in range(count):
            token = int(np.argmax(self._model.scores[self._model.n_tokens - 1]))
            if token == self.end_of_turn:
                break
            said.append(token)
            self._model.eval([token])
        return said

    def logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits after each of the `last` tokens of `sequence` (of all, if it is shorter)."""
        self._model.reset()  # type: ignore[no-untyped-call]
        self._model.eval(sequence)
        return self._model.scores[max(len(sequence) - last, 0) : len(sequence)].copy()


@contextmanager
def scoring(path: Path, context: int) -> Iterator[Scorer]:
    """Load `path` on the CPU for sequences of up to `context` tokens."""
    model = load(path, n_ctx=context, logits_all=True, n_threads=os.cpu_count())
    try:
        yield Scorer(model)
    finally:
        model.close()


def answer(path: Path, question: str, context: int, limit: int) -> str:
    """What the file, loaded without any setting of ours, says in at most `limit` tokens."""
    model = load(path, n_ctx=context)
    try:
        reply = model.create_chat_completion(
            [{"role": "user", "content": question}], temperature=0.0, max_tokens=limit
        )
    finally:
        model.close()
    assert not isinstance(reply, Iterator)
    return (reply["choices"][0]["message"]["content"] or "").strip()
