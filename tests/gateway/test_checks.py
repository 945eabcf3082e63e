"""An answer is checked before the application has it: reported, or held back."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from gateway.metrics import GatewayMetrics
from gateway.proxy.answer_checks import AnswerChecks
from gateway.settings import GatewaySettings
from ratchet.contract import CALLS, CallCheck, CallServed
from ratchet_testing.asgi_server import serving
from ratchet_testing.eventually import eventually
from ratchet_testing.replaying_upstream import RecordedCase, replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway
from ratchet_testing.valkey import free_port

UPSTREAM = free_port()
CHECKS = {
    "/api/chat": "report",
    "/api/generate": "hold",
    "/v1/chat/completions": "hold",
    "/v1/completions": "hold",
}
PROMPT = "Readings:\n- pump 023 power: 28.1 kW\nUser question: Power of pump 023?\nResponse:"
TRUE, UNTRUE = "The power of pump 023 is 28.1 kW.", "The power of pump 023 is 82.1 kW."
SENTENCE = "The power of pump 023 is 28.1 kW."
HELD = ["/api/generate", "/v1/chat/completions", "/v1/completions"]


@dataclass
class Model:
    """Gives its `answers` one after the other, or `error`, and keeps what it was asked."""

    answers: list[str]
    error: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        sent = await request.json()
        self.requests.append(sent)
        if self.error and len(self.requests) > 1:
            return JSONResponse({"error": "out of memory"}, self.error)
        text = self.answers[len(self.requests) - 1]
        path = request.url.path
        if sent.get("stream"):
            lines = [{"message": {"content": text}, "done": False}, {"done": True}]
            parts = [json.dumps(line) + "\n" for line in lines]
            return StreamingResponse(iter(parts), media_type="application/x-ndjson")
        return Response(json.dumps(answer_of(path, text)), media_type="application/json")


def answer_of(path: str, text: str) -> dict[str, Any]:
    if path == "/api/chat":
        return {"message": {"role": "assistant", "content": text}, "done": True}
    if path == "/api/generate":
        return {"response": text, "done": True}
    choice = {"text": text} if path == "/v1/completions" else {"message": {"content": text}}
    return {"id": "1", "choices": [{"index": 0, **choice, "finish_reason": "stop"}]}


def request_of(path: str, prompt: str = PROMPT, **more: Any) -> dict[str, Any]:
    if path in ("/api/generate", "/v1/completions"):
        asked: dict[str, Any] = {"prompt": prompt}
    else:
        asked = {"messages": [{"role": "user", "content": prompt}]}
    return {"model": "m", "stream": False, **asked, **more}


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(
        valkey_url, folder, f"http://127.0.0.1:{UPSTREAM}", GATEWAY_CHECK=json.dumps(CHECKS)
    ) as running:
        yield running


@pytest.fixture
async def model() -> AsyncIterator[Model]:
    model = Model([])
    routes = [Route("/{path:path}", model.answer, methods=["POST"])]
    async with serving(Starlette(routes=routes), UPSTREAM):
        yield model


async def ask(gateway: RunningGateway, path: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        return await client.post(path, json=request_of(path, **request))


async def recorded(redis: Redis, answer: httpx.Response) -> CallServed:
    """The event of the call that got `answer`."""

    async def event() -> CallServed | None:
        entries: Any = await redis.xrange(CALLS.key)
        calls = [CallServed.model_validate_json(fields[b"__data__"]) for _, fields in entries]
        call_id = answer.headers["x-ratchet-query"]
        return next((call for call in calls if call.call_id == call_id), None)

    call = await eventually(event)
    assert call is not None
    return call


@pytest.mark.parametrize(
    ("text", "outcome", "faults"),
    [
        (TRUE, "true", None),
        (UNTRUE, "untrue", "wrong_value: 82.1 kW; pump 023 power: 28.1 kW"),
        ("Good morning.", "undecided", "not_stated: pump 023 power: 28.1 kW"),
        (
            "Die Leistung beträgt 82,1 kW.",
            "untrue",
            "wrong_value: 82,1 kW; pump 023 power: 28.1 kW",
        ),
    ],
)
async def test_a_report_is_in_the_headers_and_changes_nothing_else(
    gateway: RunningGateway, model: Model, text: str, outcome: str, faults: str | None
):
    model.answers = [text]
    answer = await ask(gateway, "/api/chat")
    assert answer.headers["x-ratchet-check"] == outcome
    assert answer.headers.get("x-ratchet-check-faults") == faults
    assert answer.json() == answer_of("/api/chat", text)


async def test_the_faults_are_ascii(gateway: RunningGateway, model: Model):
    model.answers = ["Pumpe 23 hat 40 °C."]
    answer = await ask(gateway, "/api/chat")
    assert answer.headers["x-ratchet-check"] == "untrue"
    assert "40 %C2%B0C" in answer.headers["x-ratchet-check-faults"]


@pytest.mark.parametrize("path", HELD)
async def test_a_true_answer_is_sent_at_once(gateway: RunningGateway, model: Model, path: str):
    model.answers = [TRUE]
    answer = await ask(gateway, path)
    assert answer.headers["x-ratchet-check"] == "true"
    assert answer.json() == answer_of(path, TRUE)
    assert len(model.requests) == 1


@pytest.mark.parametrize("path", HELD)
async def test_an_untrue_answer_is_asked_for_once_more(
    gateway: RunningGateway, model: Model, path: str
):
    model.answers = [UNTRUE, TRUE]
    answer = await ask(gateway, path, temperature=0.7, options={"temperature": 0.7})
    assert answer.json() == answer_of(path, TRUE)
    assert answer.headers["x-ratchet-check"] == "true"
    assert answer.headers["x-ratchet-check-faults"].startswith("wrong_value: 82.1 kW")
    first, second = model.requests
    holder = "options" if path == "/api/generate" else None
    changed = second[holder] if holder else second
    assert changed.pop("seed") == 1
    assert second == first


@pytest.mark.parametrize("path", HELD)
async def test_two_untrue_answers_are_replaced_by_the_readings(
    gateway: RunningGateway, model: Model, path: str
):
    before = gateway.metric("ratchet_gateway_held_answers_total", route=path, instead="readings")
    model.answers = [UNTRUE, "Pump 023 draws 99 kW."]
    answer = await ask(gateway, path)
    assert answer.json() == answer_of(path, SENTENCE)
    assert answer.headers["x-ratchet-check"] == "true"
    assert int(answer.headers["content-length"]) == len(answer.content)
    held = gateway.metric("ratchet_gateway_held_answers_total", route=path, instead="readings")
    assert held == before + 1


async def test_a_model_server_that_fails_the_second_time_changes_nothing_for_the_caller(
    gateway: RunningGateway, model: Model
):
    model.answers, model.error = [UNTRUE], 500
    answer = await ask(gateway, "/v1/chat/completions")
    assert (answer.status_code, len(model.requests)) == (200, 2)
    assert answer.json() == answer_of("/v1/chat/completions", SENTENCE)


@pytest.mark.parametrize("path", CHECKS)
async def test_a_prompt_without_readings_passes_undecided(
    gateway: RunningGateway, model: Model, path: str
):
    model.answers = [UNTRUE]
    answer = await ask(gateway, path, prompt="What is the power of pump 023?")
    assert answer.headers["x-ratchet-check"] == "undecided"
    assert answer.json() == answer_of(path, UNTRUE)
    assert len(model.requests) == 1


async def test_an_answer_in_a_format_is_not_judged(gateway: RunningGateway, model: Model):
    model.answers = [UNTRUE]
    answer = await ask(gateway, "/api/generate", format="json")
    assert "x-ratchet-check" not in answer.headers
    assert answer.json() == answer_of("/api/generate", UNTRUE)


async def test_a_stream_is_never_held(gateway: RunningGateway, model: Model):
    model.answers = [UNTRUE]
    answer = await ask(gateway, "/api/generate", stream=True)
    assert "x-ratchet-check" not in answer.headers
    assert UNTRUE in answer.text
    assert len(model.requests) == 1


async def test_an_error_of_the_model_server_passes_as_it_is(gateway: RunningGateway, model: Model):
    model.answers = []
    answer = await ask(gateway, "/v1/completions")
    assert answer.status_code == 500
    assert answer.headers["x-ratchet-check"] == "undecided"


async def test_text_that_utf_8_cannot_state_is_held_too(gateway: RunningGateway, model: Model):
    model.answers = ["\ud83d Pump 023 draws 82.1 kW.", "\ud83d Pump 023 draws 99 kW."]
    answer = await ask(gateway, "/api/generate")
    assert answer.json() == answer_of("/api/generate", SENTENCE)


async def test_an_error_of_the_check_is_none_of_the_answer(monkeypatch: pytest.MonkeyPatch):
    def broken(*arguments: object) -> None:
        raise RuntimeError

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(request_of("/api/chat")).encode()}

    async def send(message: Message) -> None:
        sent.append(message)

    monkeypatch.setattr("gateway.proxy.answer_checks.judged_answer", broken)
    monkeypatch.setattr("gateway.proxy.answer_checks.situation_of_chat", broken)
    sent: list[Message] = []
    body = json.dumps(answer_of("/api/chat", UNTRUE)).encode()
    checks = AnswerChecks(
        server, {"/api/chat": "hold"}, "", GatewayMetrics(CollectorRegistry(), ())
    )
    scope = {"type": "http", "method": "POST", "path": "/api/chat", "headers": [], "state": {}}
    await checks(scope, receive, send)
    assert sent[-1]["body"] == body
    assert dict(sent[0]["headers"]) == {b"x-ratchet-check": b"undecided"}


async def test_an_answer_that_breaks_off_breaks_off_for_the_caller_too(gateway: RunningGateway):
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    parts = (b'{"response": "The power', b' is 28.1 kW."}')
    cut = RecordedCase("ollama", "cut", "POST", "/api/generate", b"", 200, headers, parts)
    async with replaying(cut, UPSTREAM) as upstream:
        upstream.cut_after = 1
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(gateway, "/api/generate")


async def test_the_event_has_the_report(gateway: RunningGateway, model: Model, redis: Redis):
    model.answers = [UNTRUE]
    call = await recorded(redis, await ask(gateway, "/api/chat"))
    assert call.text == UNTRUE
    assert call.check == CallCheck(
        outcome="untrue", faults=("wrong_value: 82.1 kW; pump 023 power: 28.1 kW",)
    )


async def test_the_event_has_what_was_sent_and_what_was_held(
    gateway: RunningGateway, model: Model, redis: Redis
):
    model.answers = [UNTRUE, "Pump 023 draws 99 kW."]
    call = await recorded(redis, await ask(gateway, "/v1/chat/completions"))
    assert call.text == SENTENCE
    assert call.check is not None
    assert (call.check.outcome, call.check.held) == ("true", tuple(model.answers))
    assert len(call.check.faults) == 2


async def test_a_stream_is_judged_at_its_end(gateway: RunningGateway, model: Model, redis: Redis):
    before = gateway.metric("ratchet_gateway_checks_total", route="/api/chat", outcome="untrue")
    model.answers = [UNTRUE]
    call = await recorded(redis, await ask(gateway, "/api/chat", stream=True))
    assert call.check is not None
    assert (call.check.outcome, call.check.held) == ("untrue", ())
    after = gateway.metric("ratchet_gateway_checks_total", route="/api/chat", outcome="untrue")
    assert after == before + 1


def test_a_path_without_answers_cannot_be_checked():
    with pytest.raises(
        ValueError, match="'/api/tags' has no answers to check; use one of /api/chat"
    ):
        GatewaySettings(gateway_check={"/api/tags": "report"})
