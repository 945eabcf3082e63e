"""One attempt: the bytes of a request, and the status that it must get."""

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})", re.MULTILINE)
_IDLE_S = 5.0
CLOSED = 0
"""The connection was closed without a response."""


@dataclass(frozen=True)
class Attempt:
    """`who` names the key of the caller; `service` is the one whose port is called.

    One of `statuses` is right. `tells` is a part of the answer.
    """

    who: str
    name: str
    raw: bytes
    statuses: tuple[int, ...]
    service: str = "ingest"
    tells: bytes = b""


@dataclass(frozen=True)
class Outcome:
    attempt: Attempt
    statuses: tuple[int, ...]
    answer: bytes

    @property
    def right(self) -> bool:
        """One response with an expected status; a second one would be a smuggled request's."""
        return (
            len(self.statuses) == 1
            and self.statuses[0] in self.attempt.statuses
            and self.attempt.tells in self.answer
        )


def request(
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    host: str = "127.0.0.1",
) -> bytes:
    """A request on a connection of its own."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    if method not in ("GET", "HEAD", "OPTIONS"):
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def attempted(attempt: Attempt, port: int) -> Outcome:
    """Sends the bytes as they are, and reads until the server closes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_IDLE_S) as connection:
        with suppress(ConnectionError):  # it refuses to read on
            connection.sendall(attempt.raw)
        with suppress(ConnectionError, TimeoutError):
            while part := connection.recv(65536):
                answer += part
    statuses = tuple(int(found) for found in _STATUS.findall(answer)) or (CLOSED,)
    return Outcome(attempt, statuses, answer)
