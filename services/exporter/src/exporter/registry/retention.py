"""Removes surplus versions, and the stored files that only they needed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.registry.alias_history import Move, way_back
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.version import surplus
from exporter.ports import Registry
from ratchet.storage import ArtifactStore


@dataclass(frozen=True)
class VersionRetention:
    """`keep` is how many versions stay registered besides the active one."""

    artifacts: ArtifactStore
    records: LocalRegistry
    keep: int

    async def remove_surplus(self, registries: Sequence[Registry], moves: Sequence[Move]) -> None:
        """Remove versions beyond `keep` from each of `registries`."""
        for registry in registries:
            versions, active = await registry.versions(), await registry.active()
            for old in surplus(versions, active, self.keep, way_back(moves, versions)):
                # The file goes before the record that names it: after a kill in between, the next
                # delivery still knows from the record which file to discard.
                if registry is self.records and (record := await self.records.readable_record(old)):
                    await self.discard(record)
                await registry.remove(old)

    async def discard(self, record: ModelRecord) -> None:
        """Delete the GGUF of `record` from the artifacts, unless another version has the same."""
        gguf = record.export.gguf
        for version in await self.records.versions():
            other = (
                await self.records.readable_record(version) if version != record.version else None
            )
            if other is not None and other.export.gguf.sha256 == gguf.sha256:
                return
        await asyncio.to_thread(self.artifacts.discard, gguf)
