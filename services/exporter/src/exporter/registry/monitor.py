"""Updates the serving metrics every few seconds, also for changes made outside this process."""

from dataclasses import dataclass

from pydantic import ValidationError

from exporter.metrics import ServingMetrics
from exporter.ports import RecordedRegistry, Registry, RegistryError
from ratchet.processes import every

_EVERY_S = 5.0


@dataclass(frozen=True)
class RegistryMonitor:
    """A background task. `server` is None where only the local registry is configured."""

    name: str
    records: RecordedRegistry
    server: Registry | None
    metrics: ServingMetrics
    every_s: float = _EVERY_S

    async def run(self) -> None:
        """Run until cancelled; logs errors of the registries and continues."""
        failure = "the registries cannot be read"
        await every(self.every_s, self.observe, failure, (RegistryError, OSError))

    async def observe(self) -> None:
        """Update the metrics once; raises `RegistryError` or `OSError`."""
        if self.server is not None:
            self.metrics.server_up.labels(self.server.kind).set(await self.server.available())
        versions = await self.records.versions()
        self.metrics.versions.set(len(versions))
        active = await self.records.active()
        if active is not None:
            self.metrics.record_active(self.name, active, await self._size(active))

    async def _size(self, version: str) -> int | None:
        """Bytes of the version's GGUF; None if its record cannot be read."""
        try:
            record = await self.records.record(version)
        except ValidationError:
            return None
        return record.export.gguf.size if record is not None else None
