"""The stand-in rejects the requests that Ollama 0.34.1 rejects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

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
