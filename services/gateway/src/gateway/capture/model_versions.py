"""Watches which models the names of the server mean."""

import asyncio
import logging
from typing import NoReturn

import httpx

from gateway.domain.json_values import json_object, objects_in
from gateway.domain.model_version import ServedModel, models_of

_log = logging.getLogger(__name__)
_EVERY_S, _WITHOUT_TAGS_S = 5.0, 60.0
_TIMEOUT_S = 5.0


class ModelVersions:
    """Ollama at `url` is asked in the background, so that no call waits for it.

    Other servers name no versions.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._models: dict[str, ServedModel] = {}

    def of(self, name: str) -> ServedModel:
        """The model behind a name; without a tag that is `latest`."""
        return self._models.get(name) or self._models.get(f"{name}:latest") or ServedModel()

    async def run(self) -> NoReturn:
        async with httpx.AsyncClient(base_url=self._url, timeout=_TIMEOUT_S) as client:
            while True:
                has_tags = await self.refresh(client)
                await asyncio.sleep(_EVERY_S if has_tags else _WITHOUT_TAGS_S)

    async def refresh(self, client: httpx.AsyncClient) -> bool:
        """Whether the server has tags, or may have: it does not answer now."""
        try:
            answer = await client.get("/api/tags")
        except httpx.HTTPError as error:
            _log.debug("the versions of models are not known anew: %s", error)
            return True
        tags = json_object(answer.content) if answer.is_success else None
        self._models = models_of(objects_in(tags or {}, "models"))
        return tags is not None
