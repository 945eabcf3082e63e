"""A local registry whose directory a llama-server serves, started with `--models-dir`.

It serves each version under its tag and the active one as `latest`. It has no templates of its own:
it renders the one inside the file.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama_api import PROBE_TIMEOUT
from exporter.backends.registries.openai_server import OpenAIServer, openai_client
from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError
from ratchet.contract import ChatMessage
from ratchet_text import masked, split_credentials

_ALIAS = "latest"


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


class _Properties(BaseModel):
    build_info: str | None = None


class ServedDirectory(LocalRegistry):
    """`url` is the server's, `client` has no base URL.

    Registering and moving the alias wait for the server: a version that it does not list raises
    `RegistryError`, so that none becomes active unseen.
    """

    def __init__(self, root: Path, name: str, client: httpx.AsyncClient, url: str) -> None:
        super().__init__(root, name)
        self._client = client
        self._url = url.rstrip("/").removesuffix("/v1")
        # Unknown at the start: a process that was killed may have moved the link only.
        self._loaded: str | None = None

    async def available(self) -> bool:
        """Whether llama-server responds; never raises."""
        try:
            response = await self._client.get(f"{self._url}/props", timeout=PROBE_TIMEOUT)
            shown = _Properties.model_validate_json(response.raise_for_status().content)
        except (httpx.HTTPError, ValidationError):
            return False
        self.server_version = shown.build_info
        return True

    async def register(
        self, record: ModelRecord, gguf: Path, template: ChatTemplate | None = None
    ) -> None:
        await super().register(record, gguf)
        if record.version not in await self._listed():
            raise RegistryError(
                f"llama-server at {masked(self._url)} does not list {record.version}: start it "
                f"without a model and with --models-dir {self._root.resolve()}"
            )

    async def renderings(
        self, version: str, chats: Sequence[Sequence[Message]]
    ) -> tuple[tuple[str, ...], ...]:
        return await self._server(version).renderings(chats)

    async def answers(
        self, version: str, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...]:
        return await self._server(version).answers(prompts, limit)

    async def move_alias(self, version: str) -> str | None:
        previous = await super().move_alias(version)
        if self._loaded != version:
            await self._reload()
            self._loaded = version
        return previous

    async def remove(self, version: str) -> None:
        """The server's process of the version ends too, if the server responds."""
        with suppress(RegistryError):
            await self._unload(version)
        await super().remove(version)

    def _server(self, version: str) -> OpenAIServer:
        return OpenAIServer(self._client, f"{self._url}/v1", version)

    async def _reload(self) -> None:
        """End the server's process of the alias: the next request starts the model of the link."""
        await self._listed()
        await self._unload(_ALIAS)

    async def _unload(self, model: str) -> None:
        response = await self._request("POST", "/models/unload", json={"model": model})
        # 400: the model is not loaded, or was not there before.
        if response.is_error and response.status_code != httpx.codes.BAD_REQUEST:
            raise RegistryError(self._problem(f"{response.status_code} {response.text[:500]}"))

    async def _listed(self) -> set[str]:
        """The models that the server finds in the directory now."""
        response = await self._request("GET", "/models", params={"reload": "1"})
        try:
            models = _Models.model_validate_json(response.content)
        except ValidationError as error:
            raise RegistryError(self._problem(f"no list of models ({error})")) from error
        return {model.id for model in models.data}

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return await self._client.request(method, self._url + path, **content)
        except httpx.HTTPError as error:
            raise RegistryError(self._problem(str(error) or type(error).__name__)) from error

    def _problem(self, reason: str) -> str:
        return f"llama-server at {masked(self._url)}: {reason}"


def local_registry(root: Path, name: str, llama_server_url: str) -> LocalRegistry:
    """The registry in `root`; without a URL no server reads its directory."""
    if not llama_server_url:
        return LocalRegistry(root, name)
    address, credentials = split_credentials(llama_server_url)
    return ServedDirectory(root, name, openai_client(credentials), address)
