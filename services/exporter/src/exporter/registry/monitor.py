"""Looks at what is in service again and again, whoever put it there."""

import asyncio
import logging
from dataclasses import dataclass

from pydantic import ValidationError

from exporter.ports import Records, Registry, RegistryTrouble
from exporter.registry.serving_metrics import ServedMetrics

_log = logging.getLogger(__name__)
_EVERY_S = 5.0


@dataclass(frozen=True)
class Watching:
    """A background task. `served_by` is None where no server is to be used."""

    name: str
    records: Records
    served_by: Registry | None
    metrics: ServedMetrics
    every_s: float = _EVERY_S

    async def run(self) -> None:
        """Until cancelled; trouble with the local registry is logged and waited out."""
        while True:
            try:
                await self.look()
            except (RegistryTrouble, OSError) as error:
                _log.warning("what is in service cannot be read: %s", error)
            await asyncio.sleep(self.every_s)

    async def look(self) -> None:
        """Raises as registries do."""
        if self.served_by is not None:
            self.metrics.server_up.labels(self.served_by.kind).set(await self.served_by.available())
        versions = await self.records.versions()
        self.metrics.versions.set(len(versions))
        active = await self.records.active()
        if active is not None:
            self.metrics.serves(self.name, active, await self._size(active))

    async def _size(self, version: str) -> int | None:
        """None where the record cannot be read any more."""
        try:
            record = await self.records.record(version)
        except ValidationError:
            return None
        return record.export.gguf.size if record is not None else None
