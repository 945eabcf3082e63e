"""What `/status` says about models."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError

from exporter.domain.export_messages import StageDone
from exporter.domain.registry.activation_result import Settled
from exporter.domain.registry.lag import Lag
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Journal, Records, Registry, RegistryTrouble

_COMMANDS = 20
_UNREADABLE = {"problem": "its manifest.json cannot be read"}


@dataclass
class ExporterStatus:
    name: str
    records: Records
    served_by: Registry | None
    journal: Journal
    last_stage: StageDone | None = None
    lag: Lag = field(default_factory=Lag)
    commands: deque[Settled] = field(default_factory=lambda: deque(maxlen=_COMMANDS))

    def staged(self, done: StageDone) -> None:
        self.last_stage = done

    def lagging(self, lag: Lag) -> None:
        self.lag = lag

    def settled(self, settled: Settled) -> None:
        self.commands.append(settled)

    async def facts(self) -> dict[str, Any]:
        """Active model and versions; `ollama` is None where no server is to be used.

        `ollama.lacks` are the versions it has yet to get, and those it never will. `commands` are
        the last ones since the start, with what became of each.
        """
        active = await self.records.active()
        record = await self._record(active) if active else None
        return {
            "summary": f"{self.name}:{active} is active" if active else "no model is active yet",
            "model": self.name,
            "active": active,
            "versions": await self.records.versions(),
            "models": await self._models(active),
            "commands": [settled.model_dump(mode="json") for settled in self.commands],
            "quantization": record.export.quantization if record else None,
            "parity": record.export.parity.model_dump() if record else None,
            "last_stage": self.last_stage.model_dump() if self.last_stage else None,
            "ollama": await self._served(),
        }

    async def _models(self, active: str | None) -> list[dict[str, Any]]:
        """One row for each registered version, newest first."""
        activated = {move.version: move.at.isoformat() for move in self.journal.read()}
        rows: list[dict[str, Any]] = []
        for version in reversed(await self.records.versions()):
            row = {
                "version": version,
                "active": version == active,
                "activated_at": activated.get(version),
            }
            record = await self._record(version)
            rows.append({**row, **(_figures(record) if record else _UNREADABLE)})
        return rows

    async def _record(self, version: str) -> ModelRecord | None:
        """None where it is not there, or cannot be read any more."""
        try:
            return await self.records.record(version)
        except ValidationError:
            return None

    async def _served(self) -> dict[str, Any] | None:
        if self.served_by is None:
            return None
        if not await self.served_by.available():
            return {"available": False}
        found = {"available": True, "version": self.served_by.server, "lacks": asdict(self.lag)}
        try:
            return {**found, "active": await self.served_by.active()}
        except RegistryTrouble as error:
            return {**found, "problem": str(error)}


def _figures(record: ModelRecord) -> dict[str, Any]:
    return {
        "trained_at": record.checkpoint_at.isoformat(),
        "run_id": record.run_id,
        "base_model": record.base_model,
        "quantization": record.export.quantization,
        "bytes": record.export.gguf.size,
        "parity": record.export.parity.model_dump(),
        "before": record.before.model_dump(),
        "after": record.after.model_dump(),
    }
