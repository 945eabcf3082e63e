"""Reads the answer to one call while it is passed on."""

import zlib
from collections.abc import Iterator

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.answers.framing import (
    MOST_BYTES,
    AnswerTooLarge,
    Framing,
    Lines,
    ServerSentEvents,
    Whole,
)
from gateway.domain.answers.ollama import OllamaAnswer
from gateway.domain.answers.openai import OpenAIAnswer
from gateway.domain.json_values import json_object
from gateway.domain.paths import Interface

_DONE = b"[DONE]"
_ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class UnknownEncoding(ValueError):
    """The content encoding of the answer cannot be read."""


class AnswerReader:
    """Reads an answer of `content_type`; raises `UnknownEncoding`.

    Any division of the same bytes gives the same answer. `feed` raises `AnswerTooLarge`, and
    `zlib.error` for bytes that are not in their encoding.
    """

    def __init__(self, interface: Interface, content_type: str, encoding: str = "") -> None:
        kind = content_type.partition(";")[0].strip().lower()
        self.is_stream = kind in ("text/event-stream", "application/x-ndjson")
        self._framing: Framing = Whole()
        if self.is_stream:
            self._framing = Lines() if kind == "application/x-ndjson" else ServerSentEvents()
        self._answer = OllamaAnswer() if interface == "ollama" else OpenAIAnswer(self.is_stream)
        self._plain = None
        if encoding not in ("", "identity"):
            if encoding not in _ENCODINGS:
                raise UnknownEncoding(encoding)
            self._plain = zlib.decompressobj(_ENCODINGS[encoding])

    def feed(self, data: bytes) -> None:
        self._add(self._framing.feed(data if self._plain is None else self._decompressed(data)))

    def answer(self) -> ServedAnswer:
        """The answer, of which all bytes were fed."""
        self._add(self._framing.rest())
        return self._answer.parts.answer()

    def _decompressed(self, data: bytes) -> bytes:
        assert self._plain is not None
        plain = self._plain.decompress(data, MOST_BYTES)
        if self._plain.unconsumed_tail:
            raise AnswerTooLarge
        return plain

    def _add(self, texts: Iterator[bytes]) -> None:
        for text in texts:
            if text == _DONE and isinstance(self._answer, OpenAIAnswer):
                self._answer.done()
            elif (one := json_object(text)) is not None:
                self._answer.add(one)
