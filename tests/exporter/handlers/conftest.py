"""A handler on real registries, with an exporter that does nothing but answer."""

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
from exporter.domain.export_messages import Exported, NotExported
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import Export
from exporter.handlers import CheckpointHandler
from exporter.metrics import ExporterMetrics
from exporter.registry.alias import Alias
from exporter.registry.retention import Retention
from ratchet.contract import ArtifactRef, CheckpointReady, Outcome, Scores
from ratchet.models import AdapterManifest
from ratchet.storage import ArtifactStore
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState

SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)
NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)


@dataclass
class FakeExporter:
    """Every export stores `content`, and is a model told from the others by its num_ctx."""

    export_: Export
    artifacts: ArtifactStore
    content: bytes
    answers: list[Any] = field(default_factory=list)
    calls: int = 0

    async def export(self, version: str, manifest: AdapterManifest) -> Exported | NotExported:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else Exported(export=self._export())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _export(self) -> Export:
        modelfile = self.export_.modelfile
        sampling = modelfile.sampling.model_copy(update={"num_ctx": 4096 + self.calls})
        own = modelfile.model_copy(update={"sampling": sampling})
        gguf = self.artifacts.put_bytes(self.content, self.export_.gguf.name)
        return self.export_.model_copy(update={"modelfile": own, "gguf": gguf})


@dataclass
class Place:
    handler: CheckpointHandler
    artifacts: ArtifactStore
    exporter: FakeExporter
    root: Path
    manifest: AdapterManifest

    def checkpoint(self, number: int = 1, **change: Any) -> CheckpointReady:
        manifest = self.manifest.model_copy(update={"run_id": f"run-{number}", **change})
        return CheckpointReady(
            event_id=f"checkpoint-{number}",
            occurred_at=NOON + timedelta(minutes=number),
            run_id=f"run-{number}",
            base_model="base",
            manifest=self.artifacts.put_bytes(manifest.model_dump_json().encode(), "manifest"),
        )

    async def deliver(self, checkpoint: CheckpointReady) -> Outcome:
        return (await self.handler.handle(delivered([checkpoint]), MemoryState()))[0]


@pytest.fixture
async def place(tmp_path: Path, record: Any, ollama: Any) -> AsyncIterator[Place]:
    artifacts = ArtifactStore(tmp_path / "artifacts")
    exporter = FakeExporter(record("v1").export, artifacts, b"GGUF")
    records = LocalRegistry(tmp_path / "registry", "m")
    handler = CheckpointHandler(
        name="m",
        exporter=exporter,
        artifacts=artifacts,
        records=records,
        served_by=None,
        alias=Alias(ActivationJournal(tmp_path / "registry" / "m" / "activations.json")),
        registering=asyncio.Lock(),
        limits=LIMITS,
        retention=Retention(artifacts, records, keep=2),
        metrics=ExporterMetrics(CollectorRegistry()),
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
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        handler.served_by = OllamaRegistry(client, "m")
        yield Place(handler, artifacts, exporter, tmp_path / "registry" / "m", manifest)
