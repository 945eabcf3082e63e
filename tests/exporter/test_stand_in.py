"""The stand-in answers as real servers of both manners did, and rejects what they reject."""

import hashlib
import json
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.quantize import quantize
from ratchet_testing.ollama_server.server import OllamaStandIn

from .chat_formats import FORMATS
from .small_gguf import write_small_gguf

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
async def client(ollama: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        yield client


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("adapters", {"adapter.gguf": DIGEST}),
        ("quantize", "q4_K_M"),
        ("from", "smollm2"),
        ("modelfile", "FROM smollm2"),
    ],
)
async def test_fields_that_ollama_rejects_are_rejected(
    client: httpx.AsyncClient, ollama: Any, field: str, value: Any
) -> None:
    body = {"model": "m:v1", "files": {"model.gguf": DIGEST}, field: value}
    response = await client.post("/api/create", json=body)

    assert response.status_code == 400
    assert response.json()["error"]
    assert ollama.tags == {}


async def test_a_blob_with_a_wrong_digest_is_rejected(
    client: httpx.AsyncClient, ollama: Any
) -> None:
    response = await client.post(f"/api/blobs/{DIGEST}", content=b"GGUF")

    assert response.status_code == 400
    assert "digest mismatch" in response.json()["error"]
    assert (await client.head(f"/api/blobs/{DIGEST}")).status_code == 404


async def test_an_error_of_a_creation_is_inside_the_stream(
    client: httpx.AsyncClient,
) -> None:
    body = {"model": "m:v1", "files": {"model.gguf": DIGEST}}
    response = await client.post("/api/create", json=body)

    assert response.status_code == 200
    assert "error" in response.text.splitlines()[-1]


async def test_an_unknown_model_is_not_found(client: httpx.AsyncClient) -> None:
    for call in ("generate", "chat"):
        body = {"model": "m:v1", "prompt": "Hello", "messages": []}
        assert (await client.post(f"/api/{call}", json=body)).status_code == 404


async def test_only_files_that_no_tag_uses_are_removed(
    client: httpx.AsyncClient, ollama: Any, record: Any, gguf: Path
) -> None:
    digest = f"sha256:{record('v1').export.gguf.sha256}"
    await client.post(f"/api/blobs/{digest}", content=gguf.read_bytes())  # noqa: ASYNC240
    for tag in ("m:v1", "m:v2"):
        await client.post("/api/create", json={"model": tag, "files": {"model.gguf": digest}})

    for tag, stored in (("m:v1", True), ("m:v2", False)):
        await client.request("DELETE", "/api/delete", json={"model": tag})
        ollama.restart()
        assert (digest in ollama.blobs) is stored


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/api/chat", {"model": "x:1", "messages": []}, 404, "model 'x:1' not found"),
        ("POST", "/api/chat", {"messages": []}, 400, "model is required"),
        ("POST", "/api/show", {"model": "x:1"}, 404, "model 'x:1' not found"),
        ("DELETE", "/api/delete", {"model": "x:1"}, 404, "model 'x:1' not found"),
        (
            "POST",
            "/api/copy",
            {"source": "x:1", "destination": "a:b"},
            404,
            'model "x:1" not found',
        ),
    ],
)
async def test_errors_have_the_recorded_texts(
    client: httpx.AsyncClient, method: str, path: str, body: Any, status: int, error: str
) -> None:
    response = await client.request(method, path, json=body)

    assert (response.status_code, response.json()) == (status, {"error": error})


async def created(
    client: httpx.AsyncClient, ollama: OllamaStandIn, gguf: Path, **fields: Any
) -> str:
    """Create `m:v1`; returns the last line of the stream."""
    content = gguf.read_bytes()  # noqa: ASYNC240
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    ollama.blobs.put(digest, content)
    body = {"model": "m:v1", "files": {"model.gguf": digest}, **fields}
    return (await client.post("/api/create", json=body)).text.splitlines()[-1]


async def test_only_a_new_server_checks_that_a_file_is_a_model(
    client: httpx.AsyncClient, ollama: Any, tmp_path: Path
) -> None:
    path = tmp_path / "one-key.gguf"
    key, value = b"general.architecture", b"llama"
    text = (struct.pack("<Q", len(key)) + key, struct.pack("<IQ", 8, len(value)) + value)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + b"".join(text))

    last = json.loads(await created(client, ollama, path))

    assert ("error" in last) is (ollama.manner == "new")


@pytest.mark.parametrize("sent", ["[{{ .Prompt }}]", None])
@pytest.mark.parametrize("offers_tools", [True, False])
async def test_a_new_server_renders_the_files_template_where_it_offers_more(
    client: httpx.AsyncClient, ollama: Any, tmp_path: Path, sent: str | None, offers_tools: bool
) -> None:
    own = ("{% if tools %}{% endif %}" if offers_tools else "") + FORMATS["ChatML"]
    gguf = write_small_gguf(tmp_path / "m.gguf", own)
    await created(client, ollama, gguf, **({"template": sent} if sent else {}))

    shown = (await client.post("/api/show", json={"model": "m:v1"})).json()["template"]
    body = {"model": "m:v1", "prompt": "Hi", "_debug_render_only": True}
    response = (await client.post("/api/generate", json=body)).json()

    own_text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant"
    if ollama.manner == "old":
        right = (sent or "{{ .Prompt }}", "[Hi]" if sent else "Hi")
    elif sent and not offers_tools:
        right = (sent, "[Hi]")
    else:
        right = (own, own_text)
    assert (shown, response["_debug_info"]["rendered_template"]) == right
    assert (response["response"], response["done"]) == ("", False)


async def test_a_new_server_takes_the_date_from_its_clock_and_switches_thinking_on(
    client: httpx.AsyncClient, ollama: Any, tmp_path: Path
) -> None:
    own = "{{ strftime_now('%Y') }}{{ enable_thinking }}{{ messages[0].content }}"
    await created(client, ollama, write_small_gguf(tmp_path / "m.gguf", own))
    body = {"model": "m:v1", "messages": [{"role": "user", "content": "Hi"}]}
    response = await client.post("/api/chat", json={**body, "_debug_render_only": True})
    text = response.json()["_debug_info"]["rendered_template"]

    assert text == ("Hi" if ollama.manner == "old" else f"{datetime.now(UTC).year}TrueHi")


@pytest.mark.parametrize("adds_start", [True, False])
async def test_a_new_server_leaves_out_the_start_that_the_tokenizer_adds(
    client: httpx.AsyncClient, tmp_path: Path, ollama: Any, adds_start: bool
) -> None:
    own = "{{ bos_token }}{{ messages[0].content }}"
    gguf = write_small_gguf(tmp_path / "m.gguf", own, adds_start=adds_start)
    await created(client, ollama, gguf)
    body = {"model": "m:v1", "prompt": "Hi", "_debug_render_only": True}
    response = (await client.post("/api/generate", json=body)).json()

    whole = ollama.manner == "new" and not adds_start
    assert response["_debug_info"]["rendered_template"] == ("<s>Hi" if whole else "Hi")


@pytest.mark.heavy
@pytest.mark.parametrize("adds_start", [True, False])
def test_llama_cpp_takes_the_small_file(tmp_path: Path, adds_start: bool) -> None:
    gguf = write_small_gguf(tmp_path / "m.gguf", FORMATS["ChatML"], adds_start=adds_start)
    quantize(gguf, tmp_path / "q8_0.gguf", "q8_0")
    with open_model(tmp_path / "q8_0.gguf", 64) as model:
        assert model.start == ("<s>" if adds_start else "")
        tokens = model.tokens(model.render([{"role": "user", "content": "Hi"}]))
        assert len(model.greedy(tokens, draft=(), limit=4)) <= 4
