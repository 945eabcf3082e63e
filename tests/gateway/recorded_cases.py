"""What two Ollamas and a llama-server answered in 140 cases: `recorded/*.jsonl`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ratchet_testing.replaying_upstream import RecordedCase

FOLDER = Path(__file__).with_name("recorded")
SERVERS = ("ollama-0.33", "ollama-0.12.6", "llama-server")


@cache
def cases() -> tuple[RecordedCase, ...]:
    return tuple(
        _case(server, json.loads(line))
        for server in SERVERS
        for line in (FOLDER / f"{server}.jsonl").read_text().splitlines()
    )


def case(server: str, name: str) -> RecordedCase:
    return next(one for one in cases() if (one.server, one.name) == (server, name))


def _case(server: str, line: dict[str, Any]) -> RecordedCase:
    request, response = line["request"], line["response"]
    body = request["body"]
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return RecordedCase(
        server,
        line["case"],
        request["method"],
        request["path"],
        None if body is None else sent,
        response["status"],
        response["headers"],
        tuple(chunk.encode() for chunk in response["chunks"]),
    )
