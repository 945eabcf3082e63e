"""The exporter's part of `/status`."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.export_messages import StageDone
from exporter.domain.registry.alias_history import ActivationResult
from exporter.domain.registry.lag import AliasServerState, ServerLag
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry, RegistryError

_COMMANDS = 20
_UNREADABLE = {"problem": "its manifest.json cannot be read"}


@dataclass
class ExporterStatus:
    name: str
    records: LocalRegistry
    server: Registry | None
    journal: ActivationJournal
    last_stage: StageDone | None = None
    lag: ServerLag = field(default_factory=ServerLag)
    alias_server: AliasServerState | None = None
    commands: deque[ActivationResult] = field(default_factory=lambda: deque(maxlen=_COMMANDS))

    async def facts(self) -> dict[str, Any]:
        """The active model and all versions; `ollama` is None if no server is configured.

        `ollama.lacks` are the versions that the server lacks, and why. `server` is None if no
        server of the alias is configured. `commands` are the results of the last commands since
        the start.
        """
        active = await self.records.active()
        record = await self.records.readable_record(active) if active else None
        return {
            "summary": f"{self.name}:{active} is active" if active else "no model is active yet",
            "model": self.name,
            "active": active,
            "versions": await self.records.versions(),
            "models": await self._models(active),
            "commands": [result.model_dump(mode="json") for result in self.commands],
            "quantization": record.export.quantization if record else None,
            "parity": record.export.parity.model_dump() if record else None,
            "last_stage": self.last_stage.model_dump() if self.last_stage else None,
            "ollama": await self._server(),
            "history": {"problem": self.journal.problem},
            "server": self.alias_server.model_dump() if self.alias_server else None,
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
            record = await self.records.readable_record(version)
            rows.append({**row, **(_figures(record) if record else _UNREADABLE)})
        return rows

    async def _server(self) -> dict[str, Any] | None:
        if self.server is None:
            return None
        if not await self.server.available():
            return {"available": False}
        version = self.server.server_version
        facts = {"available": True, "version": version, "lacks": asdict(self.lag)}
        try:
            return {**facts, "active": await self.server.active()}
        except RegistryError as error:
            return {**facts, "problem": str(error)}


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
