"""Ollama as a registry: registers GGUF files as tags; the alias is a tag too."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from exporter.backends.registries.ollama_answers import generate_answer, renderings
from exporter.backends.registries.ollama_api import OllamaApi
from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.modelfile import Modelfile
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistrationMismatch, RegistryError
from ratchet.contract import ChatMessage, RegistryKind


class OllamaRegistry:
    """`client` has the server's base URL; tags are `<name>:<version>`, the alias is `latest`.

    `server_version` is the version that the server reported at the last `available`.
    """

    kind: RegistryKind = "ollama"

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self._api = OllamaApi(client)
        self._name = name
        self.server_version: str | None = None

    async def available(self) -> bool:
        self.server_version = await self._api.version()
        return self.server_version is not None

    async def register(
        self, record: ModelRecord, gguf: Path, template: ChatTemplate | None = None
    ) -> None:
        """Upload the file and create the tag, unless the tag exists with `template`.

        Raises `RegistrationMismatch` if the server shows other settings than `record` has.
        """
        # Upload and creation belong together: at its start, and after each deletion, Ollama
        # removes files that no tag uses.
        tag = self._tag(record.version)
        modelfile = record.export.modelfile.model_copy(update={"template": template})
        shown = await self._api.show(tag)
        if shown is None or (template is not None and shown.get("template") != template.template):
            digest = f"sha256:{record.export.gguf.sha256}"
            await self._api.upload(digest, gguf)
            await self._api.create(tag, {record.export.gguf.name: digest}, modelfile)
            shown = await self._api.show(tag)
        if shown is None:
            raise RegistryError(f"Ollama created {tag}, but does not show it")
        if others := _differences(modelfile, shown):
            raise RegistrationMismatch(
                f"Ollama shows {tag} with another {' and '.join(others)} than was sent: "
                "remove the tag, and restart the exporter"
            )

    async def renderings(
        self, version: str, chats: Sequence[Sequence[Message]]
    ) -> tuple[tuple[str, ...], ...]:
        texts: list[tuple[str, ...]] = []
        for chat in chats:
            texts.append(await renderings(self._api, self._tag(version), chat))
            if not texts[-1]:
                return ()
        return tuple(texts)

    async def answers(
        self, version: str, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...]:
        tag = self._tag(version)
        return tuple([await generate_answer(self._api, tag, prompt, limit) for prompt in prompts])

    async def move_alias(self, version: str) -> str | None:
        active = await self.active()
        if active == version:
            return None
        await self._api.copy(self._tag(version), self._tag("latest"))
        return active

    async def versions(self) -> tuple[str, ...]:
        return tuple(sorted(tag for tag in await self._digests() if tag != "latest"))

    async def active(self) -> str | None:
        digests = await self._digests()
        latest = digests.pop("latest", None)
        same = [version for version, digest in digests.items() if digest == latest]
        return max(same, default=None)

    async def remove(self, version: str) -> None:
        """Delete the tag; the server retains files that another tag uses."""
        await self._api.delete(self._tag(version))

    def _tag(self, version: str) -> str:
        return f"{self._name}:{version}"

    async def _digests(self) -> dict[str, str]:
        """The digest of each tag of this model name, by the part after the colon."""
        prefix = f"{self._name}:"
        return {
            tag.removeprefix(prefix): digest
            for tag, digest in (await self._api.digests()).items()
            if tag.startswith(prefix)
        }


def _differences(modelfile: Modelfile, shown: dict[str, Any]) -> list[str]:
    """The parameters that the server shows with other values than were sent.

    Not its template: what a server renders is asked of it, and from 0.30 on it shows the one inside
    the GGUF even where another was sent.
    """
    sent = {
        name: sorted(value, key=str) if isinstance(value, tuple) else [value]
        for name, value in modelfile.parameters().items()
    }
    parameters = _parameters(shown.get("parameters", ""))
    return [f"parameter {name}" for name, value in sent.items() if parameters.get(name) != value]


def _parameters(text: str) -> dict[str, list[Any]]:
    """Parse lines of a name and a value; a list has one line for each value."""
    parameters: dict[str, list[Any]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        try:
            parameters.setdefault(name, []).append(json.loads(value))
        except ValueError:
            parameters.setdefault(name, []).append(value.strip())
    return {name: sorted(values, key=str) for name, values in parameters.items()}
