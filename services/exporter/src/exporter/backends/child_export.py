"""Export in a process of its own, so that this one stays small and answers health checks."""

from collections.abc import Callable
from pathlib import Path

from exporter.domain.job import LINE, Exported, NotExported, StageDone
from exporter.domain.modelfile import Sampling
from exporter.domain.quantization import Choice, Limits, Quantization
from exporter.ports import ExportBroke
from exporter.request import ExportRequest
from ratchet.child import ChildFailed, run_child
from ratchet.manifest import AdapterManifest

_ENVIRONMENT = {
    # Threads that spin while they wait make a 2-core machine 20 times slower beside a training.
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
}


class ChildExport:
    """`on_stage` hears of every finished stage."""

    def __init__(
        self,
        *,
        artifacts_dir: Path,
        cache_dir: Path,
        work_dir: Path,
        quantization: Choice,
        limits: dict[Quantization, Limits],
        sampling: Sampling,
        on_stage: Callable[[StageDone], None],
    ) -> None:
        self._artifacts_dir = artifacts_dir.absolute()
        self._cache_dir = cache_dir.absolute()
        self._work_dir = work_dir.absolute()
        self._quantization = quantization
        self._limits = limits
        self._sampling = sampling
        self._on_stage = on_stage

    async def export(self, version: str, manifest: AdapterManifest) -> Exported | NotExported:
        """As `exporter.ports.Exporter`."""
        request = ExportRequest(
            version=version,
            manifest=manifest,
            quantization=self._quantization,
            limits=self._limits,
            sampling=self._sampling,
            artifacts_dir=self._artifacts_dir,
            cache_dir=self._cache_dir,
            work_dir=self._work_dir / f"export-{version}",
        )
        outcomes: list[Exported | NotExported] = []

        async def hear(line: bytes) -> None:
            answer = LINE.validate_json(line)
            if isinstance(answer, StageDone):
                self._on_stage(answer)
            else:
                outcomes.append(answer)

        try:
            await run_child("exporter.job", request, hear, _ENVIRONMENT)
        except ChildFailed as error:
            raise ExportBroke(str(error)) from error
        if not outcomes:
            raise ExportBroke("the export ended without an outcome")
        return outcomes[-1]
