"""Empty registries, and a checkpoint handler on them whose exporter only returns results."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.export_messages import Exported, ExportRefused
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import Export
from exporter.handlers import CheckpointHandler
from exporter.metrics import ExporterMetrics
from exporter.registry.alias import Alias
from exporter.registry.retention import VersionRetention
from ratchet.contract import ArtifactRef, CheckpointReady, Outcome, Scores
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest

SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)
NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)


@dataclass
class Registries:
    """A local registry and an Ollama, both empty, with their alias and metrics."""

    root: Path
    local: LocalRegistry
    ollama: OllamaRegistry
    artifacts: ArtifactStore
    alias: Alias
    samples: CollectorRegistry
    metrics: ExporterMetrics


@pytest.fixture
async def registries(tmp_path: Path, ollama: Any) -> AsyncIterator[Registries]:
    root = tmp_path / "registry" / "m"
    samples = CollectorRegistry()
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        yield Registries(
            root=root,
            local=LocalRegistry(root.parent, "m"),
            ollama=OllamaRegistry(client, "m"),
            artifacts=ArtifactStore(tmp_path / "artifacts"),
            alias=Alias(ActivationJournal(root / "activations.json")),
            samples=samples,
            metrics=ExporterMetrics(samples),
        )


@dataclass
class FakeExporter:
    """Every export stores `model` and `content`, and returns a model with its own `num_ctx`.

    `results` are returned or raised first.
    """

    template: Export
    artifacts: ArtifactStore
    model: bytes
    content: bytes = b""
    results: list[Any] = field(default_factory=list)
    calls: int = 0

    async def export(self, version: str, manifest: AdapterManifest) -> Exported | ExportRefused:
        self.calls += 1
        result = self.results.pop(0) if self.results else Exported(export=self._export())
        if isinstance(result, Exception):
            raise result
        return result

    def change(self, **fields: Any) -> None:
        """Change fields of the exports to come."""
        self.template = self.template.model_copy(update=fields)

    def _export(self) -> Export:
        modelfile = self.template.modelfile
        sampling = modelfile.sampling.model_copy(update={"num_ctx": 4096 + self.calls})
        own = modelfile.model_copy(update={"sampling": sampling})
        gguf = self.artifacts.put_bytes(self.model + self.content, self.template.gguf.name)
        return self.template.model_copy(update={"modelfile": own, "gguf": gguf})


@dataclass
class Checkpoints:
    """Makes checkpoints and delivers them to `handler`."""

    handler: CheckpointHandler
    registries: Registries
    exporter: FakeExporter
    manifest: AdapterManifest

    def checkpoint(self, number: int = 1, **change: Any) -> CheckpointReady:
        manifest = self.manifest.model_copy(update={"run_id": f"run-{number}", **change})
        content = manifest.model_dump_json().encode()
        return CheckpointReady(
            event_id=f"checkpoint-{number}",
            occurred_at=NOON + timedelta(minutes=number),
            run_id=f"run-{number}",
            base_model="base",
            manifest=self.registries.artifacts.put_bytes(content, "manifest"),
        )

    async def deliver(self, checkpoint: CheckpointReady) -> Outcome:
        return await self.handler.handle(checkpoint)

    async def versions(self) -> tuple[str, ...]:
        return await self.registries.local.versions()

    async def active(self) -> str | None:
        return await self.registries.local.active()


@pytest.fixture
def checkpoints(registries: Registries, record: Any, small_gguf: bytes) -> Checkpoints:
    artifacts, records = registries.artifacts, registries.local
    exporter = FakeExporter(record("v1").export, artifacts, small_gguf)
    handler = CheckpointHandler(
        name="m",
        exporter=exporter,
        artifacts=artifacts,
        records=records,
        server=registries.ollama,
        alias=registries.alias,
        registering=asyncio.Lock(),
        limits=LIMITS,
        retention=VersionRetention(artifacts, records, keep=2),
        metrics=registries.metrics,
    )
    manifest = AdapterManifest(
        run_id="run-1",
        method="dpo",
        base_model="base",
        base_sha256="b" * 64,
        settings={},
        dataset_sha256="e" * 64,
        example_ids=(),
        files={},
        references=ArtifactRef(sha256="9" * 64, size=1, name="references.safetensors"),
        before=SCORES,
        after=SCORES,
        versions={},
    )
    return Checkpoints(handler, registries, exporter, manifest)
