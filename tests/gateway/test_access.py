"""Only the models, paths and keys of the configuration are served."""

from collections.abc import Iterator

import httpx
import pytest

from ratchet.contract import utc_now
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile
from ratchet_testing.replaying_upstream import replaying
from ratchet_testing.running_gateway import RunningGateway, running_gateway
from ratchet_testing.valkey import free_port

from .recorded_cases import case

UPSTREAM = free_port()
STREAM = case("ollama-0.33", "chat-stream")
SECRETS = {"writes": "a-secret-that-writes", "reads": "a-secret-that-reads"}


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    # Before the start: a running gateway looks for new keys ten times a second.
    keys = KeyFile(folder)
    keys.create("writes", [Scope.WRITE], utc_now(), SECRETS["writes"])
    keys.create("reads", [Scope.READ], utc_now(), SECRETS["reads"])
    with running_gateway(
        valkey_url,
        folder,
        f"http://127.0.0.1:{UPSTREAM}",
        GATEWAY_MODELS="ratchet-demo,other:v1",
        GATEWAY_PATHS="/health,/api/blobs/*",
        GATEWAY_MAX_BODY_BYTES="20000",
    ) as running:
        yield running


def client(gateway: RunningGateway, who: str = "writes") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {SECRETS[who]}"} if who else {}
    return httpx.AsyncClient(base_url=gateway.url, headers=headers)


async def test_a_call_with_a_key_is_passed_on_without_it(gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway) as application:
        answer = await application.post(STREAM.path, content=STREAM.body or b"")
    assert (answer.status_code, answer.content) == (200, STREAM.answer)
    assert "authorization" not in upstream.received[0].headers


@pytest.mark.parametrize(("who", "status"), [("", 401), ("reads", 403)])
async def test_a_call_without_the_scope_is_refused(gateway: RunningGateway, who: str, status: int):
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway, who) as application:
        ollama = await application.post("/api/chat", content=STREAM.body or b"")
        openai = await application.get("/v1/models")
        own = await application.get("/readyz")
    assert (ollama.status_code, openai.status_code, own.status_code) == (status, status, 200)
    assert "write" in ollama.json()["error"]
    assert "write" in openai.json()["error"]["message"]
    assert upstream.received == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", {"model": "secret", "messages": []}),
        ("/api/chat", {"model": "ratchet-demo", "Model": "secret", "messages": []}),
        ("/api/show", {"name": "secret"}),
        ("/api/embed", {"model": "ratchet-demo:v1", "input": "x"}),
        ("/v1/completions", {"model": "secret", "prompt": "x"}),
    ],
)
async def test_another_model_is_refused_in_the_form_of_the_interface(
    gateway: RunningGateway, path: str, body: dict[str, object]
):
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway) as application:
        answer = await application.post(path, json=body)
    assert answer.status_code == 403
    error = answer.json()["error"]
    if path.startswith("/v1/"):
        assert error.keys() == {"message", "type", "param", "code"}
        error = error["message"]
    assert "RATCHET_GATEWAY_MODELS" in error
    assert upstream.received == []


async def test_a_model_that_cannot_be_known_is_refused(gateway: RunningGateway):
    """Ollama reads the first value of a body and ignores what follows it."""
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway) as application:
        answer = await application.post("/api/chat", content=b'{"model": "secret"} x')
        named = await application.get("/v1/models/secret")
        allowed = await application.get("/v1/models/other:v1")
    assert (answer.status_code, named.status_code, allowed.status_code) == (400, 403, 200)
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", f"/api/{name}") for name in ("create", "pull", "push", "copy")),
        ("DELETE", "/api/delete"),
        ("GET", "/props"),
        ("POST", "/v1/responses"),
        ("POST", "/api/%64elete"),
        ("GET", "/v1/models/..%2f..%2fapi/tags"),
    ],
)
async def test_other_paths_are_refused_unless_they_are_configured(
    gateway: RunningGateway, method: str, path: str
):
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway) as application:
        answer = await application.request(method, path)
        health = await application.get("/health")
        blob = await application.head("/api/blobs/sha256:0")
    assert answer.status_code == 403
    assert "RATCHET_GATEWAY_PATHS" in answer.text
    assert (health.status_code, blob.status_code) == (200, 200)
    assert len(upstream.received) == 2


async def test_a_body_beyond_the_limit_is_refused(gateway: RunningGateway):
    async with replaying(STREAM, UPSTREAM) as upstream, client(gateway) as application:
        answer = await application.post("/api/chat", content=b"x" * 20_001)
    assert (answer.status_code, "20000 bytes" in answer.json()["error"]) == (413, True)
    assert upstream.received == []
