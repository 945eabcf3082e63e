"""A teacher over HTTP with scripted answers that records the requests."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ratchet.contract import Question, TraceRequested
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

KEY = "sk-very-secret"
PROMPT = "User question: What is the power of pump 001?\nResponse:"
ANSWER = "Pump 001 draws 45 kW right now."


def completion(message: dict[str, Any], finish_reason: str = "stop") -> dict[str, Any]:
    return {
        "choices": [{"message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 140, "completion_tokens": 88},
    }


@dataclass
class StandIn:
    """A server that answers with `status` and `body`, and records the requests."""

    status: int = 200
    body: Any = field(default_factory=lambda: completion({"content": ANSWER}))
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    calls: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        content = b""
        while True:
            message = await receive()
            content += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.calls.append((scope["path"], headers, json.loads(content or b"null")))
        if self.silent:
            await receive()
            return
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        extra = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": extra})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def teacher_server() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    async with serving(stand_in, stand_in.port):
        yield stand_in


def request(number: int = 1) -> TraceRequested:
    return TraceRequested(
        event_id=f"request-{number:04d}",
        occurred_at=datetime(2026, 2, 8, tzinfo=UTC),
        query_id=f"q-{number}",
        question=Question(key="k", text="What is the power of pump 001?", intent="query"),
        prompt=PROMPT,
        reason="judged",
    )
