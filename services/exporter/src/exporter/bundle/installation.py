"""Installs a verified bundle. Every step that was done before is skipped."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.bundle.unpacking import UnpackedBundle
from exporter.domain.bundle import GGUF, RECORD, BundleRefused
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.alias_history import Move
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry
from exporter.registry.alias import Alias
from exporter.registry.registration import RegistrationRefused, register_and_check, withdraw
from ratchet.contract import ArtifactRef, derived_id, utc_now
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore


@dataclass(frozen=True)
class BundleInstallation:
    """Registers the model in `records`, and in `server` if it is available."""

    name: str
    artifacts: ArtifactStore
    records: LocalRegistry
    server: Registry | None
    alias: Alias
    limits: dict[Quantization, ParityLimits]

    async def install(self, bundle: UnpackedBundle, *, activate: bool) -> tuple[Registry, ...]:
        """Register and, with `activate`, move the alias; returns the registries that have it.

        Raises `BundleRefused` before anything is changed, and `RegistryError` or `OSError` later:
        installing again then continues.
        """
        record = bundle.record
        registries = await self._registries(bundle)
        if activate:
            await self._refuse_an_older_one(record)
        if self.server in registries:
            [gguf] = [path for path, file in bundle.artifacts.items() if file == record.export.gguf]
            await self._serve(self.server, record, gguf)
        for path, artifact in bundle.artifacts.items():
            await asyncio.to_thread(self._store, path, artifact)
        await self._serve(self.records, record, self.artifacts.path(record.export.gguf))
        if activate:
            await self._activate(record.version, registries)
        return registries

    async def _refuse_an_older_one(self, record: ModelRecord) -> None:
        """A signature does not expire: whoever has an old bundle could bring its model back."""
        active = await self.records.active()
        served = await self.records.record(active) if active else None
        if served is not None and record.checkpoint_at < served.checkpoint_at:
            raise BundleRefused(
                f"{RECORD}: checkpoint_at: older than the active {served.version}; install it "
                f"with --no-activate, then `ratchet activate {record.version}`"
            )

    async def _serve(self, registry: Registry, record: ModelRecord, gguf: Path) -> None:
        """Register the model; raises `BundleRefused` if a server does not answer like it."""
        outcome = await register_and_check(registry, record, gguf, self.limits)
        if isinstance(outcome, RegistrationRefused):
            await withdraw([registry], record.version, outcome.reason)
            raise BundleRefused(f"{GGUF}: {outcome.reason}")

    async def _activate(self, version: str, registries: tuple[Registry, ...]) -> None:
        moves = await self.alias.moves(self.records)
        last = moves[-1] if moves else None
        if last is None or last.version != version:
            cause = derived_id("installed", version, str(len(moves)))
            previous = last.version if last else None
            last = Move(cause=cause, at=utc_now(), version=version, previous=previous)
        await self.alias.carry_out(last, registries)

    def _store(self, path: Path, artifact: ArtifactRef) -> None:
        """Move the file into the artifact store, unless it is stored already."""
        # A stored file may be linked from a registry: replacing it would store it twice.
        try:
            self.artifacts.verified(artifact)
        except (ArtifactMissing, ArtifactCorrupt):
            self.artifacts.adopt(path, artifact.name)

    async def _registries(self, bundle: UnpackedBundle) -> tuple[Registry, ...]:
        record = bundle.record
        if record.name != self.name:
            raise BundleRefused(
                f"{RECORD}: name: a version of {record.name}, but this system serves {self.name}: "
                "set RATCHET_EXPORTER_MODEL_NAME"
            )
        registered = await self.records.record(record.version)
        if registered is not None and registered != record:
            raise BundleRefused(
                f"{RECORD}: version: {record.version} is registered here as another model"
            )
        if self.server is None or not await self.server.available():
            return (self.records,)
        return (self.records, self.server)
