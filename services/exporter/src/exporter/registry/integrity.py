"""Checks before an activation: unchanged files, and a server that has the version."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore, sha256_of

_ACTIVATE_ANOTHER = "or activate another version"


@dataclass(frozen=True)
class IntegrityCheck:
    artifacts: ArtifactStore
    records: LocalRegistry

    async def problem(self, version: str, server: Registry | None) -> str | None:
        """Why `version` must not become active, with the remedy; None if it may.

        Reads every byte of its GGUF. A `server` must have the version too.
        """
        registered = await self.records.versions()
        if version not in registered:
            return f"{version} is not registered: registered are {', '.join(registered) or 'none'}"
        try:
            record = await self.records.record(version)
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            return (
                f"manifest.json of {version} cannot be read ({problem}): activate another version"
            )
        assert record is not None
        gguf = self.records.gguf(version)
        return (
            await asyncio.to_thread(_changed_gguf, record, gguf)
            or await asyncio.to_thread(self._missing_manifest, record)
            or await _not_served(record, server)
        )

    def _missing_manifest(self, record: ModelRecord) -> str | None:
        try:
            self.artifacts.verified(record.manifest)
        except (ArtifactMissing, ArtifactCorrupt) as error:
            return (
                f"the adapter's manifest of {record.version}: {error}; "
                f"put it back, {_ACTIVATE_ANOTHER}"
            )
        return None


def _changed_gguf(record: ModelRecord, gguf: Path) -> str | None:
    registered = record.export.gguf
    if not gguf.is_file():
        return f"{gguf.name} of {record.version} is missing: put {gguf} back, {_ACTIVATE_ANOTHER}"
    size = gguf.stat().st_size
    if size != registered.size:
        difference = f"{size} bytes instead of {registered.size}"
    elif (sha256 := sha256_of(gguf)) != registered.sha256:
        difference = f"sha256 {sha256[:12]} instead of {registered.sha256[:12]}"
    else:
        return None
    return (
        f"{gguf.name} of {record.version} has changed on disk ({difference}): "
        f"restore {gguf}, {_ACTIVATE_ANOTHER}"
    )


async def _not_served(record: ModelRecord, server: Registry | None) -> str | None:
    if server is None or record.version in await server.versions():
        return None
    return (
        f"{server.kind} does not have {record.version} yet: `ratchet models` shows when it does, "
        f"or why not; wait, {_ACTIVATE_ANOTHER}"
    )
