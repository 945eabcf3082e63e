"""The official clients of Ollama and OpenAI get through the gateway what they get without it."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ratchet_testing.replaying_upstream import Received, RecordedCase, replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway
from ratchet_testing.valkey import free_port

from .official_clients import python_call
from .recorded_cases import case

UPSTREAM = free_port()
NODE = shutil.which("node")
PACKAGES = Path(__file__).parents[2] / "clients" / "js"
SCRIPT = Path(__file__).with_name("official_clients.mjs")
CASES = [
    *(
        case("ollama-0.33", name)
        for name in (
            "chat-stream", "chat-whole", "chat-format-schema", "chat-tools-able", "chat-think-able",
            "chat-think-stream", "chat-unknown-model", "chat-tools", "generate-stream",
            "generate-whole", "embed", "tags", "show-unknown", "ps-loaded",
            "v1-chat-stream", "v1-chat-stream-usage", "v1-chat-whole", "v1-chat-json",
            "v1-chat-metadata-user", "v1-chat-tools-stream", "v1-chat-unknown-model",
            "v1-completions", "v1-completions-stream", "v1-embeddings", "v1-models",
            "chat-stream-runner-killed", "v1-chat-stream-runner-killed",
        )
    ),
    *(
        case("llama-server", name)
        for name in ("v1-chat-stream", "v1-chat-whole", "v1-chat-n2")
    ),
    case("ollama-0.12.6", "embed"),
]  # fmt: skip
OF_JAVASCRIPT = {
    "chat-stream", "chat-whole", "chat-tools-able", "chat-think-stream", "chat-unknown-model",
    "tags", "v1-chat-stream", "v1-chat-whole", "v1-chat-tools-stream", "v1-embeddings", "v1-models",
}  # fmt: skip
"""Each starts two processes."""
ABOUT_THE_WAY = {
    "host", "connection", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
}  # fmt: skip


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(valkey_url, folder, f"http://127.0.0.1:{UPSTREAM}") as running:
        yield running


def javascript_call(one: RecordedCase, url: str) -> list[Any]:
    arguments = [str(PACKAGES), url, one.path, (one.body or b"").decode()]
    run = subprocess.run(
        [str(NODE), str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    parts: list[Any] = json.loads(run.stdout)
    return parts


def is_of_the_gateway(received: Received) -> bool:
    """The gateway itself asks for the versions of models now and then."""
    return received.headers.get("user-agent", "").startswith("python-httpx")


async def check(
    call: Callable[[RecordedCase, str], list[Any]], gateway: RunningGateway, one: RecordedCase
) -> None:
    """What the caller gets and what the model server gets are the same with the gateway."""
    async with replaying(one, UPSTREAM) as upstream:
        without = await asyncio.to_thread(call, one, upstream.url)
        through = await asyncio.to_thread(call, one, gateway.url)
    assert through == without
    assert without
    direct, passed_on = [one for one in upstream.received if not is_of_the_gateway(one)]
    assert (passed_on.line, passed_on.body) == (direct.line, direct.body)
    for headers in (direct.headers, passed_on.headers):
        for name in ABOUT_THE_WAY:
            headers.pop(name, None)
    assert passed_on.headers == direct.headers


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.id)
async def test_the_python_client_gets_the_same(gateway: RunningGateway, one: RecordedCase):
    await check(python_call, gateway, one)


@pytest.mark.skipif(
    NODE is None or not (PACKAGES / "node_modules" / "openai").exists(),
    reason="no clients/js/node_modules: `make setup` needs npm for it",
)
@pytest.mark.parametrize(
    "one",
    [one for one in CASES if one.server == "ollama-0.33" and one.name in OF_JAVASCRIPT],
    ids=lambda one: one.id,
)
async def test_the_javascript_client_gets_the_same(gateway: RunningGateway, one: RecordedCase):
    await check(javascript_call, gateway, one)


async def test_a_client_gets_what_was_recorded(gateway: RunningGateway):
    """Both ways could be wrong alike."""
    async with replaying(case("ollama-0.33", "v1-chat-whole"), UPSTREAM):
        [answer] = await asyncio.to_thread(
            python_call, case("ollama-0.33", "v1-chat-whole"), gateway.url
        )
    recorded = json.loads(case("ollama-0.33", "v1-chat-whole").answer)
    assert (
        answer["choices"][0]["message"]["content"] == recorded["choices"][0]["message"]["content"]
    )
