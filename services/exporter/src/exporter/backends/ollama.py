"""Ollama over HTTP: finished GGUF files in, tags and an alias out.

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

from exporter.domain.modelfile import Modelfile
from exporter.domain.record import ModelRecord
from exporter.ports import RegistryKind, RegistryTrouble

_CHUNK = 1 << 20
_PROBE_TIMEOUT = httpx.Timeout(2.0)
_SHORT_TIMEOUT = httpx.Timeout(10.0)
"""For calls that move no large file."""
TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""For the client: a server may take minutes to take in a large file."""


class OllamaRegistry:
    """`client` has the server's base URL; tags are `<name>:<version>`, the alias is `latest`."""

    kind: RegistryKind = "ollama"

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self._client = client
        self._name = name

    async def available(self) -> bool:
        try:
            response = await self._client.get("/api/version", timeout=_PROBE_TIMEOUT)
            return response.is_success and "version" in response.json()
        except (httpx.HTTPError, ValueError):
            return False

    async def register(self, record: ModelRecord, gguf: Path) -> None:
        tag = self._tag(record.version)
        if await self._shown(tag):
            return
        digest = f"sha256:{record.export.gguf.sha256}"
        await self._upload(digest, gguf)
        await self._create(tag, {record.export.gguf.name: digest}, record.export.modelfile)
        if not await self._shown(tag):
            raise RegistryTrouble(f"Ollama took {tag} in, but does not show it")

    async def move_alias(self, version: str) -> str | None:
        active = await self.active()
        if active == version:
            return None
        body = {"source": self._tag(version), "destination": self._tag("latest")}
        async with _trouble("copy"):
            copied = await self._client.post("/api/copy", json=body, timeout=_SHORT_TIMEOUT)
            copied.raise_for_status()
        return active

    async def versions(self) -> tuple[str, ...]:
        return tuple(sorted(tag for tag in await self._digests() if tag != "latest"))

    async def active(self) -> str | None:
        digests = await self._digests()
        latest = digests.pop("latest", None)
        same = [version for version, digest in digests.items() if digest == latest]
        return max(same, default=None)

    async def remove(self, version: str) -> None:
        async with _trouble("delete"):
            response = await self._client.request(
                "DELETE", "/api/delete", json={"model": self._tag(version)}
            )
            if response.status_code != httpx.codes.NOT_FOUND:
                response.raise_for_status()

    def _tag(self, version: str) -> str:
        return f"{self._name}:{version}"

    async def _digests(self) -> dict[str, str]:
        """Our tags without the name, and the digest of what each one names."""
        async with _trouble("tags"):
            response = await self._client.get("/api/tags", timeout=_SHORT_TIMEOUT)
            response.raise_for_status()
        ours = f"{self._name}:"
        return {
            model["name"].removeprefix(ours): model["digest"]
            for model in response.json()["models"]
            if model["name"].startswith(ours)
        }

    async def _shown(self, tag: str) -> bool:
        async with _trouble("show"):
            response = await self._client.post("/api/show", json={"model": tag})
            if response.status_code == httpx.codes.NOT_FOUND:
                return False
            response.raise_for_status()
        return True

    async def _upload(self, digest: str, gguf: Path) -> None:
        async with _trouble("upload"):
            known = await self._client.head(f"/api/blobs/{digest}")
            if known.is_success:
                return
            sent = await self._client.post(f"/api/blobs/{digest}", content=_chunks(gguf))
            sent.raise_for_status()

    async def _create(self, tag: str, files: dict[str, str], modelfile: Modelfile) -> None:
        body: dict[str, Any] = {
            "model": tag,
            "files": files,
            "parameters": modelfile.parameters(),
        }
        if modelfile.template is not None:
            body["template"] = modelfile.template.template
            body["system"] = modelfile.template.system or ""
        last: dict[str, Any] = {}
        async with (
            _trouble("create"),
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


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


@asynccontextmanager
async def _trouble(what: str) -> AsyncIterator[None]:
    try:
        yield
    except (httpx.HTTPError, ValueError) as error:
        raise RegistryTrouble(f"Ollama, {what}: {error}") from error
