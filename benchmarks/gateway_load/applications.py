"""Applications that call a model server over raw sockets, and what they got."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass

from gateway_load.model_server import ANSWER

_WHOLE = b"".join(ANSWER)
QUESTION = "What is the temperature of compressor 011? Readings: compressor 011 is at 98.9 °C. "
BODY = json.dumps(
    {
        "model": "m:latest",
        "messages": [
            {"role": "system", "content": "You answer from readings. " * 40},
            {"role": "user", "content": QUESTION * 20},
        ],
    }
).encode()


@dataclass(frozen=True)
class Call:
    """`first_s` is None if no byte of a body came; `whole` says whether the answer had its end."""

    call_id: str
    first_s: float | None
    body: bytes
    whole: bool

    @property
    def altered(self) -> bool:
        """Whether it is not what the model server sends, or the beginning of it."""
        return self.body != _WHOLE if self.whole else not _WHOLE.startswith(self.body)


async def call(port: int) -> Call:
    """One call on a connection of its own. Raises `OSError` if none is accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(BODY)}\r\n"
    started = time.perf_counter()
    writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + BODY)
    call_id, first, body, whole = "", None, b"", False
    with suppress(OSError, asyncio.IncompleteReadError, ValueError):
        answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        call_id = answered.partition("x-ratchet-query: ")[2].partition("\r\n")[0]
        while not whole:
            size = int((await reader.readuntil(b"\r\n")).strip(), 16)
            chunk = (await reader.readexactly(size + 2))[:-2]
            first = first if first is not None else time.perf_counter() - started
            body += chunk
            whole = size == 0
    writer.close()
    return Call(call_id, first, body, whole)
