"""Greedy answers of a GGUF, with the likeliest tokens of every position."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CONTEXT = 512


@dataclass(frozen=True)
class AnswerToken:
    text: str
    logprob: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class LlamaAnswer:
    text: str
    tokens: tuple[AnswerToken, ...]
    ended: bool


class LlamaAnswers:
    """Keeps the last model loaded. Raises `RuntimeError` for a file that cannot be loaded."""

    def __init__(self) -> None:
        self._loaded: tuple[Path, Any] | None = None

    def model(self, path: Path) -> Any:
        from exporter.backends.gguf.llama import load

        if self._loaded is None or self._loaded[0] != path:
            self.close()
            self._loaded = path, load(path, n_ctx=CONTEXT, logits_all=True, n_threads=2)
        return self._loaded[1]

    def chat_template(self, path: Path) -> str:
        """The Jinja template stored in the file."""
        return str(self.model(path).metadata["tokenizer.chat_template"])

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded[1].close()
        self._loaded = None

    def answer(
        self, path: Path, chat: str, limit: int, stop: Sequence[str], top: int
    ) -> LlamaAnswer:
        """At most `limit` tokens after `chat`, up to the end of the turn or a `stop` text."""
        model = self.model(path)
        model.reset()
        # As a server does: the start of a text, where the file's tokenizer adds one.
        model.eval(model.tokenize(chat.encode(), add_bos=True, special=True))
        content, tokens = b"", list[AnswerToken]()
        while len(tokens) < limit:
            logprobs = model.logits_to_logprobs(model.scores[model.n_tokens - 1])
            token = int(np.argmax(logprobs))
            if token == model.token_eos():
                return LlamaAnswer(_text(content), tuple(tokens), True)
            likeliest = np.argsort(-logprobs)[:top]
            pieces = [(_piece(model, int(i)), float(logprobs[i])) for i in likeliest]
            tokens.append(AnswerToken(_piece(model, token), float(logprobs[token]), tuple(pieces)))
            content += model.detokenize([token])
            for text in stop:
                if text in _text(content):
                    return LlamaAnswer(_text(content).partition(text)[0], tuple(tokens), True)
            model.eval([token])
        return LlamaAnswer(_text(content), tuple(tokens), False)


def _piece(model: Any, token: int) -> str:
    return _text(model.detokenize([token]))


def _text(content: bytes) -> str:
    return content.decode(errors="replace")
