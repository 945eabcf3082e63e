"""The calls of Ollama's HTTP API that a registry needs; each raises `RegistryError`.

`/api/create` gets a finished file only: 0.34 rejects `adapters`, and `quantize` for GGUF files.
`from` is never sent, because Ollama pulls a model that it does not have from the internet.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx

from exporter.domain.registry.modelfile import Modelfile
from exporter.ports import RegistryError, rejects_content
from ratchet_text import split_credentials

_CHUNK = 1 << 20
PROBE_TIMEOUT = httpx.Timeout(2.0)
_SHORT_TIMEOUT = httpx.Timeout(10.0)
"""For calls that transfer no large file."""
TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""For the client: a server may need minutes to import a large file."""


def ollama_client(url: str) -> httpx.AsyncClient:
    """A client of the server at `url`, which may contain a user name and a password."""
    address, credentials = split_credentials(url)
    return httpx.AsyncClient(base_url=address, auth=credentials, timeout=TIMEOUT)


@asynccontextmanager
async def registry_errors(call: str) -> AsyncIterator[None]:
    """Raise errors of the HTTP call `call` as `RegistryError`."""
    try:
        yield
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise RegistryError(f"Ollama, {call}: {reason}") from error


class RequestRejected(RegistryError):
    """The server rejects what a request contains."""


class OllamaApi:
    """`client` has the server's base URL."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def version(self) -> str | None:
        """The server's version, None if it does not respond; never raises."""
        try:
            response = await self._client.get("/api/version", timeout=PROBE_TIMEOUT)
            return str(response.raise_for_status().json()["version"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    @registry_errors("tags")
    async def digests(self) -> dict[str, str]:
        """The digest of the model that each tag of the server names."""
        response = await self._client.get("/api/tags", timeout=_SHORT_TIMEOUT)
        response.raise_for_status()
        return {model["name"]: model["digest"] for model in response.json()["models"]}

    @registry_errors("show")
    async def show(self, tag: str) -> dict[str, Any] | None:
        response = await self._client.post("/api/show", json={"model": tag})
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        shown: dict[str, Any] = response.raise_for_status().json()
        return shown

    @registry_errors("upload")
    async def upload(self, digest: str, file: Path) -> None:
        """Send `file` unless the server has it; the server verifies `digest`."""
        known = await self._client.head(f"/api/blobs/{digest}")
        if not known.is_success:
            chunks = _chunks(file)
            _raise_for_error(await self._client.post(f"/api/blobs/{digest}", content=chunks))

    @registry_errors("create")
    async def create(self, tag: str, files: dict[str, str], modelfile: Modelfile) -> None:
        """Create `tag` from uploaded `files` (name to digest), in place of one that exists."""
        body = _creation(tag, files, modelfile)
        # The status is 200 before the work begins: errors, and a lost connection, show only in
        # the stream, which ends with the line "success" if the tag was created.
        last: dict[str, Any] = {}
        async with self._client.stream("POST", "/api/create", json=body) as response:
            if response.is_error:
                await response.aread()
                raise RegistryError(f"Ollama cannot create {tag}: {response.text[:500]}")
            async for line in response.aiter_lines():
                if line.strip():
                    last = json.loads(line)
                if "error" in last:
                    raise RegistryError(f"Ollama cannot create {tag}: {last['error']}")
        if last.get("status") != "success":
            raise RegistryError(f"Ollama lost the connection while it created {tag}")

    @registry_errors("copy")
    async def copy(self, source: str, destination: str) -> None:
        body = {"source": source, "destination": destination}
        _raise_for_error(await self._client.post("/api/copy", json=body, timeout=_SHORT_TIMEOUT))

    @registry_errors("delete")
    async def delete(self, tag: str) -> None:
        """Delete `tag`, if it exists."""
        response = await self._client.request("DELETE", "/api/delete", json={"model": tag})
        if response.status_code != httpx.codes.NOT_FOUND:
            _raise_for_error(response)

    async def ask(self, call: Literal["generate", "chat"], body: dict[str, Any]) -> dict[str, Any]:
        """The response of `call` to `body`, not streamed; raises `RequestRejected`, too."""
        async with registry_errors(call):
            response = await self._client.post(f"/api/{call}", json={**body, "stream": False})
            if rejects_content(response.status_code):
                raise RequestRejected(f"Ollama, {call}: {_problem(response)}")
            _raise_for_error(response)
            answer: dict[str, Any] = response.json()
            if "error" in answer:
                raise RegistryError(f"Ollama, {call}: {answer['error']}")
            return answer


def _raise_for_error(response: httpx.Response) -> None:
    """Raise `ValueError` with the server's message, as one status has many causes."""
    if response.is_error:
        raise ValueError(_problem(response))


def _problem(response: httpx.Response) -> str:
    return f"{response.status_code} {response.text[:500]}"


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
