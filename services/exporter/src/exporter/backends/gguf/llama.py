"""llama.cpp: quantize a GGUF, and ask one for tokens, logits and an answer."""

import ctypes
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from exporter.domain.parity.quantization import Quantization
from exporter.domain.registry.chat_template import Message
from ratchet.models import Logits

_FILE_TYPES: dict[Quantization, int] = {
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "q5_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}
_TOGETHER = 64
"""Tokens that go through the model at once: fewer take longer, more take more memory."""


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
    """A loaded GGUF that gives its logits; get one from `scoring`.

    What a text has in common with the one before it is not read again.
    """

    def __init__(self, model: llama_cpp.Llama) -> None:
        self._model = model
        self._template = _template(model)
        self._batch = llama_cpp.llama_batch_init(_TOGETHER, 0, 1)
        self._read: list[int] = []
        self._logits = np.empty((model.n_ctx(), model.n_vocab()), np.float32)
        self._from = 0

    @property
    def chat_template(self) -> str | None:
        """The Jinja template stored in the file."""
        return self._model.metadata.get("tokenizer.chat_template")

    def render(self, messages: list[Message]) -> str:
        """A chat as the file's own template renders it, ready to be answered."""
        turns: Any = messages
        return str(self._template(messages=turns).prompt)

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

    def logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits after each of the `last` tokens of `sequence` (of all, if it is shorter).

        They are true until the next sequence is read.
        """
        first = max(len(sequence) - last, 0)
        pairs = zip(self._read, sequence[:-1], strict=False)
        known = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if first < self._from:
            known = min(known, first)
        self._forget_behind(known)
        for begin in range(known, len(sequence), _TOGETHER):
            self._decode(sequence, begin, min(begin + _TOGETHER, len(sequence)), first)
        self._read, self._from = list(sequence), first
        return self._logits[first : len(sequence)]

    def continued(self, asked: Sequence[int], draft: Sequence[int], limit: int) -> list[int]:
        """The at most `limit` likeliest tokens after `asked`, up to the end of the turn.

        `draft` is read at once and kept as far as it is what the file would have said.
        """
        likeliest = np.argmax(self.logits([*asked, *draft], len(draft) + 1), axis=-1)
        said: list[int] = []
        for drafted, token in zip([*draft, None], likeliest.tolist(), strict=True):
            if drafted != token:
                break
            said.append(token)
        while token != self.end_of_turn and len(said) < limit:
            said.append(token)
            token = int(np.argmax(self.logits([*asked, *said], 1)))
        return said

    def close(self) -> None:
        llama_cpp.llama_batch_free(self._batch)
        self._model.close()

    def _forget_behind(self, known: int) -> None:
        memory = llama_cpp.llama_get_memory(self._model.ctx)
        if not llama_cpp.llama_memory_seq_rm(memory, 0, known, -1):
            raise Unreadable(f"llama.cpp cannot go back to token {known} of this kind of model")

    def _decode(self, sequence: Sequence[int], begin: int, end: int, first: int) -> None:
        """Read tokens `begin` to `end`; keep the logits after each from `first` on."""
        batch = self._batch
        batch.n_tokens = end - begin
        for row, at in enumerate(range(begin, end)):
            batch.token[row], batch.pos[row] = sequence[at], at
            batch.n_seq_id[row], batch.seq_id[row][0] = 1, 0
            batch.logits[row] = at >= first
        status = llama_cpp.llama_decode(self._model.ctx, batch)
        if status != 0:
            raise Unreadable(f"llama.cpp answered {status} while it read {len(sequence)} tokens")
        if end > first:
            kept = self._logits[max(begin, first) : end]
            found = llama_cpp.llama_get_logits(self._model.ctx)
            kept[:] = np.ctypeslib.as_array(found, shape=kept.shape)


def _template(model: llama_cpp.Llama) -> Jinja2ChatFormatter:
    eos, bos = (
        model.detokenize([token], special=True).decode() if token >= 0 else ""
        for token in (model.token_eos(), model.token_bos())
    )
    template = model.metadata.get("tokenizer.chat_template", "")
    return Jinja2ChatFormatter(template=template, eos_token=eos, bos_token=bos)


@contextmanager
def scoring(path: Path, context: int) -> Iterator[Scorer]:
    """Load `path` on the CPU for sequences of up to `context` tokens."""
    cores = os.cpu_count()
    scorer = Scorer(
        load(
            path,
            n_ctx=context,
            n_batch=_TOGETHER,
            n_ubatch=_TOGETHER,
            n_threads=cores,
            n_threads_batch=cores,
        )
    )
    try:
        yield scorer
    finally:
        scorer.close()
