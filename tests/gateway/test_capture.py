"""What an application asks and gets becomes one event, and the way there stays as it is."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import ChatMessage
from ratchet_testing.eventually import eventually
from ratchet_testing.replaying_upstream import replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway
from ratchet_testing.valkey import free_port

from .recorded_cases import case
from .recorded_events import calls, experiences

UPSTREAM = free_port()
QUESTION = (
    "What is the temperature of compressor 011? "
    "Readings: compressor 011 temperature 98.9 °C."
)  # fmt: skip
STREAM = case("ollama-0.33", "chat-stream")


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    rules = folder / "redaction.toml"
    rules.write_text("[badge]\npattern = 'badge [0-9]+'\n")
    with running_gateway(
        valkey_url,
        folder,
        f"http://127.0.0.1:{UPSTREAM}",
        GATEWAY_REDACTION_FILE=str(rules),
        GATEWAY_UPSTREAM_TIMEOUT_S="1",
        GATEWAY_EXPERIENCES="true",
    ) as running:
        yield running


@pytest.fixture(autouse=True)
async def published(gateway: RunningGateway) -> AsyncIterator[None]:
    """Each test leaves an empty spool, so that the next one sees no call but its own."""
    yield

    async def empty() -> bool:
        return gateway.metric("ratchet_gateway_spool_bytes") == 0

    await eventually(empty, 10)


def asking(**body: object) -> bytes:
    messages = [{"role": "user", "content": QUESTION}]
    return json.dumps({"model": "m", "messages": messages, **body}).encode()


async def test_a_stream_becomes_a_call_and_an_experience(redis: Redis, gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM), httpx.AsyncClient(base_url=gateway.url) as client:
        answer = await client.post(STREAM.path, content=STREAM.body or b"")
    (call,) = await calls(redis)
    assert answer.headers["x-ratchet-query"] == call.call_id == call.query_id
    assert call.messages == (ChatMessage(role="user", content=QUESTION),)
    assert (call.interface, call.model, call.status) == ("ollama", "ratchet-demo:latest", 200)
    assert call.text == "Compressor 011 temperature 98.9 °C is 98.9 degrees. The"
    assert call.options == {"temperature": 0, "num_predict": 24}
    assert (call.prompt_tokens, call.completion_tokens) == (58, 24)
    assert (call.finish_reason, call.fault, call.teaches) == ("length", None, True)
    assert call.first_token_s is not None
    assert 0 < call.first_token_s <= call.seconds < 5
    (experience,) = [event.experience for event in await experiences(redis)]
    assert experience.query_id == call.call_id
    assert (experience.transcript, experience.voice_response) == (QUESTION, call.text)


@pytest.mark.parametrize(
    ("server", "name", "fault", "status"),
    [
        ("ollama-0.33", "chat-stream-runner-killed", "broken", 200),
        ("ollama-0.33", "v1-chat-stream-runner-killed", "broken", 200),
        ("ollama-0.33", "chat-unknown-model", "refused", 404),
        ("ollama-0.33", "v1-chat-tools", "refused", 400),
        ("ollama-0.33", "chat-too-long-truncate-false", "refused", 400),
        ("llama-server", "v1-chat-n2", None, 200),
    ],
)
async def test_a_recorded_fault_is_the_calls(
    redis: Redis, gateway: RunningGateway, server: str, name: str, fault: str, status: int
):
    one = case(server, name)
    async with replaying(one, UPSTREAM), httpx.AsyncClient(base_url=gateway.url) as client:
        answer = await client.post(one.path, content=one.body or b"")
    assert (answer.status_code, answer.content) == (status, one.answer)
    (call,) = await calls(redis)
    assert (call.fault, call.status) == (fault, status)
    assert len(await experiences(redis)) == (fault is None)


async def test_a_prompt_that_was_cut_is_marked(redis: Redis, gateway: RunningGateway):
    one = case("ollama-0.33", "chat-too-long-for-num_ctx")
    long = [{"role": "user", "content": "Readings: pump 1 at 20 C. " * 400}]
    async with replaying(one, UPSTREAM), httpx.AsyncClient(base_url=gateway.url) as client:
        await client.post(one.path, content=asking(messages=long))
    (call,) = await calls(redis)
    assert (call.fault, call.teaches) == ("prompt_cut", False)


async def test_who_asked_is_recorded_and_not_passed_on(redis: Redis, gateway: RunningGateway):
    headers = {"X-Ratchet-User": "ann", "X-Ratchet-Session": "s-1", "X-Ratchet-Query": "q-1"}
    async with (
        replaying(STREAM, UPSTREAM) as upstream,
        httpx.AsyncClient(base_url=gateway.url, headers=headers) as client,
    ):
        await client.post(STREAM.path, content=asking())
    (call,) = await calls(redis)
    assert (call.user_id, call.session_id) == ("ann", "s-1")
    (received,) = upstream.received
    assert not [name for name in received.headers if name.startswith("x-ratchet-")]
    assert received.headers["host"] == f"127.0.0.1:{UPSTREAM}"
    assert received.headers["x-forwarded-for"] == "127.0.0.1"


async def test_a_compressed_request_arrives_plain(redis: Redis, gateway: RunningGateway):
    headers = {"Content-Encoding": "gzip"}
    async with (
        replaying(STREAM, UPSTREAM) as upstream,
        httpx.AsyncClient(base_url=gateway.url, headers=headers) as client,
    ):
        await client.post(STREAM.path, content=gzip.compress(asking()))
    (received,) = upstream.received
    assert (received.body, "content-encoding" in received.headers) == (asking(), False)
    assert (await calls(redis))[0].prompt == QUESTION


async def test_what_the_site_does_not_want_is_not_recorded(redis: Redis, gateway: RunningGateway):
    secret = [{"role": "user", "content": "Is badge 1234 valid?"}]
    async with (
        replaying(STREAM, UPSTREAM) as upstream,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        await client.post(STREAM.path, content=asking(messages=secret, note=["badge 77"]))
    (call,) = await calls(redis)
    assert b"badge 1234" in upstream.received[0].body
    assert call.prompt == "Is [badge] valid?"
    assert call.options == {"note": ["[badge]"]}
    assert (await experiences(redis))[0].experience.transcript == "Is [badge] valid?"


async def test_an_application_that_leaves_ends_the_request(redis: Redis, gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM) as upstream:
        upstream.held_after = 3
        async with (
            httpx.AsyncClient(base_url=gateway.url) as client,
            client.stream("POST", STREAM.path, content=asking()) as answer,
        ):
            assert await anext(answer.aiter_raw())
        async with asyncio.timeout(10):
            await upstream.left.wait()
    (call,) = await calls(redis)
    assert (call.fault, call.text) == ("broken", "Compressor")


async def test_parts_arrive_while_the_server_writes(redis: Redis, gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM) as upstream:
        upstream.held_after = 1
        async with (
            httpx.AsyncClient(base_url=gateway.url) as client,
            client.stream("POST", STREAM.path, content=asking()) as answer,
        ):
            parts = answer.aiter_raw()
            assert await anext(parts) == STREAM.chunks[0]
            upstream.go_on.set()
            assert b"".join([part async for part in parts]) == b"".join(STREAM.chunks[1:])
    assert (await calls(redis))[0].teaches


async def test_a_broken_stream_is_not_taken_for_a_whole_one(redis: Redis, gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM) as upstream:
        upstream.cut_after = 2
        async with httpx.AsyncClient(base_url=gateway.url) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post(STREAM.path, content=asking())
    (call,) = await calls(redis)
    assert (call.fault, call.text) == ("broken", "Compress")


async def test_a_server_that_is_away_or_silent_is_an_error_in_the_form_of_the_interface(
    redis: Redis, gateway: RunningGateway
):
    async with httpx.AsyncClient(base_url=gateway.url, timeout=20) as client:
        away = await client.post("/api/chat", content=asking())
        async with replaying(STREAM, UPSTREAM) as upstream:
            upstream.silent = True
            silent = await client.post("/v1/chat/completions", content=asking())
    assert away.status_code == 502
    assert away.json().keys() == {"error"}
    assert "RATCHET_GATEWAY_UPSTREAM_URL" in away.json()["error"]
    assert silent.status_code == 504
    assert silent.json()["error"].keys() == {"message", "type", "param", "code"}
    assert "1 s" in silent.json()["error"]["message"]
    assert {call.status for call in await calls(redis, 2)} == {502, 504}


async def test_requests_that_ask_nothing_are_no_calls(redis: Redis, gateway: RunningGateway):
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for name in ("chat-no-messages-loads", "tags", "embed", "chat-bad-json"):
            one = case("ollama-0.33", name)
            async with replaying(one, UPSTREAM):
                answer = await client.request(one.method, one.path, content=one.body)
            assert answer.status_code == one.status
        async with replaying(STREAM, UPSTREAM):
            last = await client.post(STREAM.path, content=asking())
    assert [call.call_id for call in await calls(redis)] == [last.headers["x-ratchet-query"]]


async def test_metrics_and_status_show_what_happened(redis: Redis, gateway: RunningGateway):
    before = gateway.metric("ratchet_gateway_captured_calls_total")
    async with replaying(STREAM, UPSTREAM), httpx.AsyncClient(base_url=gateway.url) as client:
        await client.post(STREAM.path, content=asking())
        await calls(redis)

        async def empty() -> bool:
            status = (await client.get("/status")).json()
            return bool(status["capture"]["spool_bytes"] == 0)

        await eventually(empty, 10)
    assert gateway.metric("ratchet_gateway_captured_calls_total") == before + 1
    assert gateway.metric("ratchet_gateway_calls_total", route="/api/chat", status="200") >= 1
    assert gateway.metric("ratchet_gateway_first_byte_seconds_count", route="/api/chat") >= 1
    assert gateway.metric("ratchet_gateway_spool_bytes") == 0


async def test_a_share_is_recorded_and_published_before_the_stop(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    with running_gateway(
        valkey_url, tmp_path, f"http://127.0.0.1:{UPSTREAM}", GATEWAY_CAPTURE_SHARE="0.5"
    ) as half:
        async with replaying(STREAM, UPSTREAM), httpx.AsyncClient(base_url=half.url) as client:
            answers = [await client.post(STREAM.path, content=asking()) for _ in range(40)]
        named = {answer.headers["x-ratchet-query"] for answer in answers}
        captured = half.metric("ratchet_gateway_captured_calls_total")
    recorded = {call.call_id for call in await calls(redis)}
    assert len(recorded) == captured
    assert len(named) == 40
    assert recorded < named
    assert 5 < len(recorded) < 35
