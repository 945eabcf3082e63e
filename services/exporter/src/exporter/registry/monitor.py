"""Updates the serving metrics every few seconds, also for changes made outside this process."""

from dataclasses import dataclass

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.metrics import ServingMetrics
from exporter.ports import Registry, RegistryError
from ratchet.processes import every

_EVERY_S = 5.0


@dataclass(frozen=True)
class RegistryMonitor:
    """A background task. `server` is None where only the local registry is configured."""

    name: str
    records: LocalRegistry
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
            record = await self.records.readable_record(active)
            self.metrics.active.info({"name": self.name, "version": active})
            self.metrics.active_bytes.set(record.export.gguf.size if record else 0)
