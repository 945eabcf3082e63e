"""A model server in a process of its own: `python model_server.py PORT [FIRST_S BETWEEN_S]`.

It answers each call with the same stream in Ollama's form: the first token after `FIRST_S`, and
one more every `BETWEEN_S`. It has no limit on calls at a time, so what is measured is the way.
"""

import asyncio
import json
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

SCRIPT = Path(__file__)
FIRST_S, BETWEEN_S, TOKENS = 0.03, 0.02, 40
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def answer(tokens: int = TOKENS) -> list[bytes]:
    """The lines of one answer, of which the last states that it is whole."""
    common = {"model": "m:latest", "created_at": "2026-11-29T14:50:38.816888086Z"}
    lines = [
        {**common, "message": {"role": "assistant", "content": f" token{n}"}, "done": False}
        for n in range(tokens)
    ]
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 60, "eval_count": tokens}
    lines.append({**common, "message": {"role": "assistant", "content": ""}, **end})
    return [json.dumps(line).encode() + b"\n" for line in lines]


ANSWER = answer()


async def handle(
    first_s: float, between_s: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = head.partition("content-length:")[2].partition("\r\n")[0]
            await reader.readexactly(int(length or 0))
            if not head.startswith("post"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            await asyncio.sleep(first_s)
            writer.write(HEAD)
            for line in ANSWER:
                writer.write(b"%x\r\n%s\r\n" % (len(line), line))
                await writer.drain()
                await asyncio.sleep(between_s)
            writer.write(b"0\r\n\r\n")
    writer.close()


async def main(port: int, first_s: float = FIRST_S, between_s: float = BETWEEN_S) -> None:
    answering = partial(handle, first_s, between_s)
    server = await asyncio.start_server(answering, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *map(float, sys.argv[2:])))
