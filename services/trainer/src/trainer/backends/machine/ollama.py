"""Unloads the models of an Ollama on the same accelerator for the time of a run."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from ratchet_text import split_credentials

_TIMEOUT_S = 60.0
_log = logging.getLogger(__name__)


def ollama_at(url: str) -> "Ollama | None":
    """The Ollama at `url`, or None for an empty address."""
    return Ollama(url) if url else None


class Ollama:
    """A client of Ollama's API.

    `/api/generate` without a prompt loads a model; with `keep_alive` 0 it unloads the model.
    """

    def __init__(self, url: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._url, self._credentials = split_credentials(url)
        self._timeout_s = timeout_s

    @asynccontextmanager
    async def unloaded(self) -> AsyncIterator[None]:
        """Unload all models, and load them again on exit. Errors are logged, never raised."""
        unloaded: list[str] = []
        try:
            for model in await self._loaded():
                unloaded.append(model)
                if not await self._generate(model, keep_alive=0):
                    unloaded.remove(model)
            yield
        finally:
            for model in unloaded:
                await self._generate(model)

    async def _loaded(self) -> list[str]:
        try:
            async with self._client() as client:
                answer = (await client.get("/api/ps")).raise_for_status()
                return [str(model["name"]) for model in answer.json()["models"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            _log.warning("Ollama at %s did not list its loaded models: %r", self._url, error)
            return []

    async def _generate(self, model: str, **how: Any) -> bool:
        """Whether Ollama accepted the request."""
        body = {"model": model, **how}
        try:
            async with self._client() as client:
                (await client.post("/api/generate", json=body)).raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("Ollama at %s rejected %s: %r", self._url, body, error)
            return False
        return True

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url, auth=self._credentials, timeout=self._timeout_s
        )
