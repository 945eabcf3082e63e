"""Ollama as a registry: finished GGUF files in, tags and an alias out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from exporter.backends.registries.ollama_answers import ask
from exporter.backends.registries.ollama_api import OllamaApi
from exporter.domain.parity.answers import Heard
from exporter.domain.registry.modelfile import Modelfile
from exporter.domain.registry.record import ModelRecord
from exporter.ports import NotAsSent, RegistryKind, RegistryTrouble


class OllamaRegistry:
    """`client` has the server's base URL; tags are `<name>:<version>`, the alias is `latest`.

    `server` is the version the server named when it was last probed.
    """

    kind: RegistryKind = "ollama"

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self._api = OllamaApi(client)
        self._name = name
        self.server: str | None = None

    async def available(self) -> bool:
        self.server = await self._api.version()
        return self.server is not None

    async def register(self, record: ModelRecord, gguf: Path) -> None:
        """As `exporter.ports.Registry`; upload and creation are one unit.

        The server prunes a file that no tag uses.
        """
        tag, modelfile = self._tag(record.version), record.export.modelfile
        shown = await self._api.show(tag)
        if shown is None:
            digest = f"sha256:{record.export.gguf.sha256}"
            await self._api.upload(digest, gguf)
            await self._api.create(tag, {record.export.gguf.name: digest}, modelfile)
            shown = await self._api.show(tag)
        if shown is None:
            raise RegistryTrouble(f"Ollama took {tag} in, but does not show it")
        if others := _otherwise(modelfile, shown):
            raise NotAsSent(f"Ollama shows {tag} with another {' and '.join(others)} than was sent")

    async def ask(self, version: str, prompts: Sequence[str], limit: int) -> tuple[Heard, ...]:
        tag = self._tag(version)
        return tuple([await ask(self._api, tag, prompt, limit) for prompt in prompts])

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
        """As `exporter.ports.Registry`; the server keeps the files that another tag uses."""
        await self._api.delete(self._tag(version))

    def _tag(self, version: str) -> str:
        return f"{self._name}:{version}"

    async def _digests(self) -> dict[str, str]:
        """Our tags without the name, and the digest of what each one names."""
        ours = f"{self._name}:"
        return {
            tag.removeprefix(ours): digest
            for tag, digest in (await self._api.digests()).items()
            if tag.startswith(ours)
        }


def _otherwise(modelfile: Modelfile, shown: dict[str, Any]) -> list[str]:
    """The names of what the server shows in another way than it was sent."""
    wanted = {
        name: sorted(value, key=str) if isinstance(value, tuple) else [value]
        for name, value in modelfile.parameters().items()
    }
    shows = _parameters(shown.get("parameters", ""))
    others = [f"parameter {name}" for name, value in wanted.items() if shows.get(name) != value]
    if modelfile.template is not None:
        texts = {"template": modelfile.template.template, "system": modelfile.template.system}
        others += [name for name, text in texts.items() if shown.get(name, "") != (text or "")]
    return others


def _parameters(text: str) -> dict[str, list[Any]]:
    """Read lines of a name and a value, one line for each value of a list."""
    found: dict[str, list[Any]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        try:
            found.setdefault(name, []).append(json.loads(value))
        except ValueError:
            found.setdefault(name, []).append(value.strip())
    return {name: sorted(values, key=str) for name, values in found.items()}
