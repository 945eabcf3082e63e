"""The calls of Ollama's HTTP API that a registry needs; each raises `RegistryTrouble`.

Never sends `from` (a model that is not there would be pulled from the internet), `adapters` or
`quantize` (refused by current servers).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from exporter.domain.registry.modelfile import Modelfile
from exporter.ports import RegistryTrouble

_CHUNK = 1 << 20
_PROBE_TIMEOUT = httpx.Timeout(2.0)
_SHORT_TIMEOUT = httpx.Timeout(10.0)
"""For calls that move no large file."""
TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""For the client: a server may take minutes to take in a large file."""


class OllamaApi:
    """`client` has the server's base URL."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def version(self) -> str | None:
        """The server's version, None where none answers; never raises."""
        try:
            response = await self._client.get("/api/version", timeout=_PROBE_TIMEOUT)
            return str(response.raise_for_status().json()["version"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    async def digests(self) -> dict[str, str]:
        """Every tag of the server, and the digest of what it names."""
        async with trouble("tags"):
            response = await self._client.get("/api/tags", timeout=_SHORT_TIMEOUT)
            response.raise_for_status()
            return {model["name"]: model["digest"] for model in response.json()["models"]}

    async def show(self, tag: str) -> dict[str, Any] | None:
        async with trouble("show"):
            response = await self._client.post("/api/show", json={"model": tag})
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            shown: dict[str, Any] = response.raise_for_status().json()
        return shown

    async def upload(self, digest: str, file: Path) -> None:
        """Send `file` unless the server has it; the server checks that `digest` is its."""
        async with trouble("upload"):
            known = await self._client.head(f"/api/blobs/{digest}")
            if known.is_success:
                return
            sent = await self._client.post(f"/api/blobs/{digest}", content=_chunks(file))
            _raise_said(sent)

    async def create(self, tag: str, files: dict[str, str], modelfile: Modelfile) -> None:
        """Create `tag` from uploaded `files` (name to digest)."""
        body = _creation(tag, files, modelfile)
        last: dict[str, Any] = {}
        async with (
            trouble("create"),
            self._client.stream("POST", "/api/create", json=body) as response,
        ):
            if response.is_error:
                await response.aread()
                raise RegistryTrouble(f"Ollama does not create {tag}: {response.text[:500]}")
            async for line in response.aiter_lines():
                if line.strip():
                    last = json.loads(line)
                if "error" in last:
                    raise RegistryTrouble(f"Ollama does not create {tag}: {last['error']}")
        if last.get("status") != "success":
            raise RegistryTrouble(f"Ollama broke off while it created {tag}")

    async def copy(self, source: str, destination: str) -> None:
        body = {"source": source, "destination": destination}
        async with trouble("copy"):
            _raise_said(await self._client.post("/api/copy", json=body, timeout=_SHORT_TIMEOUT))

    async def delete(self, tag: str) -> None:
        """Delete `tag`; does nothing when it is not there."""
        async with trouble("delete"):
            response = await self._client.request("DELETE", "/api/delete", json={"model": tag})
            if response.status_code != httpx.codes.NOT_FOUND:
                _raise_said(response)

    async def generate(self, body: dict[str, Any]) -> dict[str, Any]:
        """The whole answer to `body`, not streamed."""
        async with trouble("generate"):
            response = await self._client.post("/api/generate", json={**body, "stream": False})
            _raise_said(response)
            said: dict[str, Any] = response.json()
        if "error" in said:
            raise RegistryTrouble(f"Ollama, generate: {said['error']}")
        return said


@asynccontextmanager
async def trouble(what: str) -> AsyncIterator[None]:
    """Turn what goes wrong with the call `what` into `RegistryTrouble`."""
    try:
        yield
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise RegistryTrouble(f"Ollama, {what}: {reason}") from error


def _raise_said(response: httpx.Response) -> None:
    """Raise with the server's own words: they say which of many things a status means."""
    if response.is_error:
        raise ValueError(f"{response.status_code} {response.text[:500]}")


def _creation(tag: str, files: dict[str, str], modelfile: Modelfile) -> dict[str, Any]:
    body: dict[str, Any] = {"model": tag, "files": files, "parameters": modelfile.parameters()}
    if modelfile.template is not None:
        body["template"] = modelfile.template.template
        body["system"] = modelfile.template.system or ""
    if modelfile.license is not None:
        body["license"] = modelfile.license
    return body


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
