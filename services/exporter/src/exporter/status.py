"""What `/status` says about models."""

from dataclasses import dataclass
from typing import Any

from exporter.domain.job import StageDone
from exporter.ports import Records, Registry, RegistryTrouble


@dataclass
class ExporterStatus:
    name: str
    records: Records
    served_by: Registry | None
    last_stage: StageDone | None = None

    def staged(self, done: StageDone) -> None:
        self.last_stage = done

    async def facts(self) -> dict[str, Any]:
        """Active model and versions; `ollama` is None where no server is to be used."""
        active = await self.records.active()
        record = await self.records.record(active) if active else None
        return {
            "summary": f"{self.name}:{active} is active" if active else "no model is active yet",
            "model": self.name,
            "active": active,
            "versions": await self.records.versions(),
            "quantization": record.export.quantization if record else None,
            "parity": record.export.parity.model_dump() if record else None,
            "last_stage": self.last_stage.model_dump() if self.last_stage else None,
            "ollama": await self._served(),
        }

    async def _served(self) -> dict[str, Any] | None:
        if self.served_by is None:
            return None
        if not await self.served_by.available():
            return {"available": False}
        try:
            return {"available": True, "active": await self.served_by.active()}
        except RegistryTrouble as error:
            return {"available": True, "problem": str(error)}
