"""Exports and registers as the service does: reads a request, writes the costs as JSON."""

import asyncio
import json
import resource
import shutil
import sys
import time
from datetime import UTC, datetime

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.export_messages import Exported
from exporter.domain.registry.record import Export, ModelRecord
from exporter.export.child_processes import ExportProcesses
from exporter.export.request import ExportRequest
from exporter.settings import ExporterSettings
from ratchet.contract import ArtifactRef
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest

MODEL = "m"


async def _work(request: ExportRequest) -> dict[str, object]:
    settings = ExporterSettings(
        data_dir=request.artifacts_dir.parent,
        cache_dir=request.cache_dir,
        exporter_quantization=request.quantization,
    )
    export = ExportProcesses(settings, lambda _: None)
    registry = request.artifacts_dir.parent / "registry"
    shutil.rmtree(registry, ignore_errors=True)
    began = time.perf_counter()
    end = await export.export(request.version, request.manifest)
    if not isinstance(end, Exported):
        raise SystemExit(f"not exported: {end}")
    exported = time.perf_counter()
    await _register(LocalRegistry(registry, MODEL), request, end.export)
    return {
        "export_s": exported - began,
        "register_s": time.perf_counter() - exported,
        "stages_s": end.export.seconds,
        "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        "export": json.loads(end.export.model_dump_json()),
    }


async def _register(registry: LocalRegistry, request: ExportRequest, export: Export) -> None:
    gguf = ArtifactStore(request.artifacts_dir).path(export.gguf)
    await registry.register(_record(request.manifest, request.version, export), gguf)
    await registry.move_alias(request.version)


def _record(manifest: AdapterManifest, version: str, export: Export) -> ModelRecord:
    return ModelRecord(
        name=MODEL,
        version=version,
        run_id=manifest.run_id,
        manifest=ArtifactRef(sha256="0" * 64, size=0, name="manifest.json"),
        checkpoint_at=datetime.now(UTC),
        base_model=manifest.base_model,
        base_sha256=manifest.base_sha256,
        dataset_sha256=manifest.dataset_sha256,
        before=manifest.before,
        after=manifest.after,
        export=export,
    )


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_work(ExportRequest.model_validate_json(sys.stdin.read())))))
