"""A connection may be lost at any byte: the next try registers the version, exactly once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.ports import RegistryTrouble
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

from .line import Direction, Line, line_to

OFFSETS = 32


@asynccontextmanager
async def registry_behind(ollama: Any) -> AsyncIterator[tuple[Line, OllamaRegistry]]:
    port = free_port()
    async with (
        serving(ollama.app, port),
        line_to(port) as line,
        httpx.AsyncClient(base_url=line.url) as client,
    ):
        yield line, OllamaRegistry(client, "m")


@pytest.fixture(scope="module")
def carried() -> dict[Direction, int]:
    """The bytes of one undisturbed registration, once the first test has measured them."""
    return {}


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("share", range(OFFSETS))
async def test_a_version_is_registered_once_wherever_the_line_was_cut(
    ollama: Any, record: Any, gguf: Path, carried: Any, direction: Direction, share: int
) -> None:
    async with registry_behind(ollama) as (line, registry):
        if not carried:
            await registry.register(record("v0"), gguf)
            carried.update(line.carried)
            await registry.remove("v0")
        line.cut_after(direction, carried[direction] * share // OFFSETS)
        uploads = ollama.blobs.uploads

        with pytest.raises(RegistryTrouble):
            await registry.register(record("v1"), gguf)
        await registry.register(record("v1"), gguf)
        await registry.register(record("v1"), gguf)

        assert await registry.versions() == ("v1",)
        assert await registry.active() is None
        assert ollama.blobs.uploads == uploads + 1
        assert f"sha256:{record('v1').export.gguf.sha256}" in ollama.blobs


@pytest.mark.parametrize("direction", ["request", "response"])
async def test_an_alias_whose_move_broke_off_points_to_one_of_both(
    ollama: Any, record: Any, gguf: Path, direction: Direction
) -> None:
    async with registry_behind(ollama) as (line, registry):
        await registry.register(record("v1"), gguf)
        await registry.register(record("v2", num_ctx=1024), gguf)
        await registry.move_alias("v1")
        line.cut_after(direction, 200)
        with pytest.raises(RegistryTrouble):
            await registry.move_alias("v2")

        assert await registry.active() in ("v1", "v2")
        await registry.move_alias("v2")
        assert await registry.active() == "v2"
