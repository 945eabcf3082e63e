"""A connection may be lost at any byte: a retry registers the version exactly once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.ports import RegistryError
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

from .cut_connection import CuttableProxy, Direction, proxy_to

OFFSETS = 32


@asynccontextmanager
async def registry_behind(ollama: Any) -> AsyncIterator[tuple[CuttableProxy, OllamaRegistry]]:
    port = free_port()
    async with (
        serving(ollama.app, port),
        proxy_to(port) as proxy,
        httpx.AsyncClient(base_url=proxy.url) as client,
    ):
        yield proxy, OllamaRegistry(client, "m")


@pytest.fixture(scope="module")
def size() -> dict[Direction, int]:
    """The bytes of one undisturbed registration; the first test measures them."""
    return {}


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("share", range(OFFSETS))
async def test_a_version_is_registered_once_wherever_the_connection_was_cut(
    ollama: Any, record: Any, gguf: Path, size: Any, direction: Direction, share: int
) -> None:
    async with registry_behind(ollama) as (proxy, registry):
        if not size:
            await registry.register(record("v0"), gguf)
            size.update(proxy.forwarded)
            await registry.remove("v0")
        proxy.cut_after(direction, size[direction] * share // OFFSETS)
        uploads = ollama.blobs.uploads

        with pytest.raises(RegistryError):
            await registry.register(record("v1"), gguf)
        await registry.register(record("v1"), gguf)
        await registry.register(record("v1"), gguf)

        assert await registry.versions() == ("v1",)
        assert await registry.active() is None
        assert ollama.blobs.uploads == uploads + 1
        assert f"sha256:{record('v1').export.gguf.sha256}" in ollama.blobs


@pytest.mark.parametrize("direction", ["request", "response"])
async def test_an_interrupted_move_leaves_the_alias_at_one_of_the_two_versions(
    ollama: Any, record: Any, gguf: Path, direction: Direction
) -> None:
    async with registry_behind(ollama) as (proxy, registry):
        await registry.register(record("v1"), gguf)
        await registry.register(record("v2", num_ctx=1024), gguf)
        await registry.move_alias("v1")
        proxy.cut_after(direction, 200)
        with pytest.raises(RegistryError):
            await registry.move_alias("v2")

        assert await registry.active() in ("v1", "v2")
        await registry.move_alias("v2")
        assert await registry.active() == "v2"
