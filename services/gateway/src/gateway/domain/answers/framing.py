"""Divides the bytes of an answer into JSON texts."""

from collections.abc import Iterator
from typing import Protocol

MOST_BYTES = 8 << 20


class AnswerTooLarge(ValueError):
    """A part of the answer has more than `MOST_BYTES`."""


class Framing(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """The texts that are complete with `data`; raises `AnswerTooLarge`."""
        ...

    def rest(self) -> Iterator[bytes]:
        """The text that the end of the answer completes."""
        ...


class Whole:
    """The answer is one text."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._data += data
        if len(self._data) > MOST_BYTES:
            raise AnswerTooLarge
        return iter(())

    def rest(self) -> Iterator[bytes]:
        yield bytes(self._data)


class Lines:
    """Each line is one text (NDJSON)."""

    def __init__(self) -> None:
        self._part = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        *lines, self._part = (self._part + data).split(b"\n")
        if len(self._part) > MOST_BYTES:
            raise AnswerTooLarge
        yield from (line for line in lines if line.strip())

    def rest(self) -> Iterator[bytes]:
        if self._part.strip():
            yield self._part


class ServerSentEvents:
    """The data of each event is one text; a blank line ends an event, and so does the answer."""

    def __init__(self) -> None:
        self._part = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[bytes]:
        *lines, self._part = (self._part + data).split(b"\n")
        if len(self._part) > MOST_BYTES:
            raise AnswerTooLarge
        for line in lines:
            yield from self._line(line.removesuffix(b"\r"))

    def rest(self) -> Iterator[bytes]:
        yield from self._line(self._part.removesuffix(b"\r"))
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if line.startswith(b"data:"):
            self._data.append(line.removeprefix(b"data:").removeprefix(b" "))
        elif not line and self._data:
            yield b"\n".join(self._data)
            self._data.clear()
