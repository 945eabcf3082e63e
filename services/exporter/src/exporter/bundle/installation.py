"""A verified bundle into the registries: every step does nothing where it is done already."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from exporter.bundle.unpacking import Unpacked
from exporter.domain.bundle import GGUF, RECORD, BundleRefused
from exporter.domain.registry.alias_history import Move
from exporter.ports import Records, Registry
from exporter.registry.alias import Alias
from ratchet.contract import ArtifactRef, derived_id, utc_now
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore


@dataclass(frozen=True)
class Installation:
    """`records` always gets the model; `served_by`, where it answers, gets it too."""

    name: str
    artifacts: ArtifactStore
    records: Records
    served_by: Registry | None
    alias: Alias

    async def install(self, found: Unpacked, *, activate: bool) -> tuple[Registry, ...]:
        """Register and, with `activate`, move the alias; returns the registries that have it.

        Raises `BundleRefused` before anything is touched, then `RegistryTrouble` and `OSError`:
        installing again goes on from there.
        """
        record = found.record
        registries = await self._registries(found)
        for path, artifact in found.artifacts.items():
            await asyncio.to_thread(self._keep, path, artifact)
        gguf = self.artifacts.path(record.export.gguf)
        for registry in registries:
            await registry.register(record, gguf)
        if activate:
            await self._activate(record.version, registries)
        return registries

    async def _activate(self, version: str, registries: tuple[Registry, ...]) -> None:
        moves = await self.alias.moves(self.records)
        last = moves[-1] if moves else None
        if last is None or last.version != version:
            cause = derived_id("installed", version, str(len(moves)))
            previous = last.version if last else None
            last = Move(cause=cause, at=utc_now(), version=version, previous=previous)
        await self.alias.carry_out(last, registries)

    def _keep(self, path: Path, artifact: ArtifactRef) -> None:
        """Move the file in, unless it is there: a registry's link to that one saves its size."""
        try:
            self.artifacts.verified(artifact)
        except (ArtifactMissing, ArtifactCorrupt):
            self.artifacts.adopt(path, artifact.name)

    async def _registries(self, found: Unpacked) -> tuple[Registry, ...]:
        record = found.record
        if record.name != self.name:
            raise BundleRefused(
                f"{RECORD}: name: a version of {record.name}, and this system serves {self.name}: "
                "RATCHET_EXPORTER_MODEL_NAME says which"
            )
        registered = await self.records.record(record.version)
        if registered is not None and registered != record:
            raise BundleRefused(
                f"{RECORD}: version: {record.version} is registered here, and is another model"
            )
        if self.served_by is None or not await self.served_by.available():
            return (self.records,)
        if record.export.modelfile.template is None:
            raise BundleRefused(
                f"{GGUF}: no template of Ollama's is known to render chats as this model reads them"
            )
        return (self.records, self.served_by)
