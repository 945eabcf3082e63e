"""llama.cpp: computes tokens, logits and answers of a GGUF."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from exporter.domain.parity.answers import conversation
from exporter.domain.registry.turn_format import Message
from ratchet.contract import ChatMessage
from ratchet_models import Logits

_BATCH = 64
"""Tokens per step: fewer take longer, more take more memory."""

_DAY = "\0"
"""Stands for a date in a rendered chat. No template renders this character."""


class UnreadableGguf(RuntimeError):
    """llama.cpp cannot open or evaluate the file."""


def load(path: Path, **settings: Any) -> llama_cpp.Llama:
    """Open a GGUF on the CPU, without repacking its weights; raises `UnreadableGguf`."""
    # By default llama.cpp repacks weights for AMX if the CPU announces it, and crashes in the first
    # step if a virtual machine or sandbox does not permit AMX tiles. `Llama` has no argument for
    # `use_extra_bufts`, so the defaults that it copies are replaced while it loads.
    defaults = llama_cpp.llama_cpp.llama_model_default_params

    def without_repacking() -> Any:
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    llama_cpp.llama_cpp.llama_model_default_params = without_repacking
    try:
        return llama_cpp.Llama(str(path), verbose=False, **settings)
    except ValueError as error:
        raise UnreadableGguf(f"llama.cpp cannot open the file ({error})") from error
    finally:
        llama_cpp.llama_cpp.llama_model_default_params = defaults


class LlamaModel:
    """A loaded GGUF; create it with `open_model`.

    The beginning that a sequence shares with the previous one is not evaluated again.
    """

    def __init__(self, model: llama_cpp.Llama) -> None:
        self._model = model
        self._template = _template(model, Jinja2ChatFormatter)
        self._on_any_day = _template(model, _OnAnyDay)
        self._batch = llama_cpp.llama_batch_init(_BATCH, 0, 1)
        self._sequence: list[int] = []
        self._logits = np.empty((model.n_ctx(), model.n_vocab()), np.float32)
        self._from = 0

    @property
    def chat_template(self) -> str | None:
        """The Jinja template stored in the file."""
        return self._model.metadata.get("tokenizer.chat_template")

    @property
    def start(self) -> str:
        """The text that the tokenizer itself puts before every chat; empty if it adds none."""
        first = self._model.tokenize(b"")[:1]
        begin = self._model.token_bos()
        return self._model.detokenize([begin], special=True).decode() if first == [begin] else ""

    def render(self, messages: list[Message]) -> str:
        """A chat as the file's own template renders it, up to where the answer begins.

        Raises `ValueError` for a chat that the template refuses.
        """
        return _rendered(self._template, messages)

    def tokens(self, text: str) -> list[int]:
        """Split `text` into tokens; parses special tokens and adds none."""
        return self._model.tokenize(text.encode(), add_bos=False, special=True)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`."""
        return self._model.detokenize(list(tokens)).decode(errors="replace")

    @property
    def end_of_turn(self) -> int:
        """The token that ends an answer, the first of them."""
        return self._model.token_eos()

    def ends(self, token: int) -> bool:
        """Whether servers end an answer at `token`."""
        return bool(llama_cpp.llama_vocab_is_eog(self._model._model.vocab, token))

    def logits(self, sequence: Sequence[int], last: int) -> Logits:
        """The logits after each of the `last` tokens of `sequence` (of all, if it is shorter).

        Positions x vocabulary; a view that the next call overwrites.
        """
        first = max(len(sequence) - last, 0)
        pairs = zip(self._sequence, sequence[:-1], strict=False)
        known = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if first < self._from:
            # Logits before `_from` were not computed: these positions are evaluated again.
            known = min(known, first)
        self._truncate_cache(known)
        for begin in range(known, len(sequence), _BATCH):
            self._decode(sequence, begin, min(begin + _BATCH, len(sequence)), first)
        self._sequence, self._from = list(sequence), first
        return self._logits[first : len(sequence)]

    def greedy(self, prompt: Sequence[int], *, draft: Sequence[int], limit: int) -> list[int]:
        """The greedy answer to `prompt`: at most `limit` tokens, up to the end of the turn.

        `draft` is a guess that makes it faster: all its tokens are evaluated in one step, and the
        answer is generated only from the first different token on.
        """
        likeliest = np.argmax(self.logits([*prompt, *draft], len(draft) + 1), axis=-1)
        answer: list[int] = []
        for drafted, token in zip([*draft, None], likeliest.tolist(), strict=True):
            if drafted != token:
                break
            answer.append(token)
        while not self.ends(token) and len(answer) < limit:
            answer.append(token)
            token = int(np.argmax(self.logits([*prompt, *answer], 1)))
        return answer

    def renders(self, turns: Sequence[ChatMessage], text: str) -> bool:
        """Whether the file's own template renders `turns` as `text`, on whatever day."""
        try:
            rendered = _rendered(self._on_any_day, list(conversation(turns)))
        except ValueError:
            return False
        parts = map(re.escape, rendered.split(_DAY))
        return re.fullmatch(".{1,40}".join(parts), text) is not None

    def close(self) -> None:
        llama_cpp.llama_batch_free(self._batch)
        self._model.close()

    def _truncate_cache(self, known: int) -> None:
        memory = llama_cpp.llama_get_memory(self._model.ctx)
        if not llama_cpp.llama_memory_seq_rm(memory, 0, known, -1):
            raise UnreadableGguf(
                f"llama.cpp cannot truncate the cache of this model to {known} tokens"
            )

    def _decode(self, sequence: Sequence[int], begin: int, end: int, first: int) -> None:
        """Evaluate tokens `begin` to `end`; store the logits after each from `first` on."""
        batch = self._batch
        batch.n_tokens = end - begin
        for row, at in enumerate(range(begin, end)):
            batch.token[row], batch.pos[row] = sequence[at], at
            batch.n_seq_id[row], batch.seq_id[row][0] = 1, 0
            batch.logits[row] = at >= first
        status = llama_cpp.llama_decode(self._model.ctx, batch)
        if status != 0:
            raise UnreadableGguf(
                f"llama.cpp returned {status} while it evaluated {len(sequence)} tokens"
            )
        if end > first:
            rows = self._logits[max(begin, first) : end]
            pointer = llama_cpp.llama_get_logits(self._model.ctx)
            rows[:] = np.ctypeslib.as_array(pointer, shape=rows.shape)


class _OnAnyDay(Jinja2ChatFormatter):
    """Marks the places where a template prints the time at which it renders."""

    @staticmethod
    def strftime_now(f: str) -> str:
        return _DAY


def _template(model: llama_cpp.Llama, formatter: type[Jinja2ChatFormatter]) -> Jinja2ChatFormatter:
    eos, bos = (
        model.detokenize([token], special=True).decode() if token >= 0 else ""
        for token in (model.token_eos(), model.token_bos())
    )
    template = model.metadata.get("tokenizer.chat_template", "")
    return formatter(template=template, eos_token=eos, bos_token=bos)


def _rendered(template: Jinja2ChatFormatter, messages: list[Message]) -> str:
    turns: Any = messages
    try:
        return str(template(messages=turns).prompt)
    except Exception as error:  # a template is a program: it may raise anything
        raise ValueError(f"the chat template fails: {error}") from error


@contextmanager
def open_model(path: Path, context: int) -> Iterator[LlamaModel]:
    """Load `path` on the CPU for sequences of up to `context` tokens."""
    cores = os.cpu_count()
    model = LlamaModel(
        load(
            path,
            n_ctx=context,
            n_batch=_BATCH,
            n_ubatch=_BATCH,
            n_threads=cores,
            n_threads_batch=cores,
        )
    )
    try:
        yield model
    finally:
        model.close()
