"""Export in processes of their own: one that makes files and stays small, one that judges them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from exporter.domain.export_messages import LINE, Built, Exported, NotExported, StageDone
from exporter.domain.parity.quantization import Choice, Limits, Quantization
from exporter.domain.registry.modelfile import Sampling
from exporter.domain.registry.record import Stage
from exporter.export.request import ExportRequest
from exporter.ports import ExportBroke
from ratchet.models import AdapterManifest
from ratchet.processes import ChildFailed, run_child

Outcome = Built | Exported | NotExported
ENVIRONMENT = {
    # The adapter's matrices are thin: threads would wait for each other longer than they work.
    "OPENBLAS_NUM_THREADS": "1",
    # Threads that spin while they wait make a 2-core machine 20 times slower beside a training;
    # those that sleep at once, a third slower by itself.
    "GOMP_SPINCOUNT": "1000",
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
        stages: dict[Stage, float] = defaultdict(float)
        outcome = await self._judged(request, stages)
        if isinstance(outcome, Built):
            raise ExportBroke("the export ended without a judgement")
        if isinstance(outcome, NotExported):
            return outcome
        seconds = {stage: round(taken, 3) for stage, taken in stages.items()}
        return Exported(export=outcome.export.model_copy(update={"seconds": seconds}))

    async def _judged(self, request: ExportRequest, stages: dict[Stage, float]) -> Outcome:
        """Both processes start at once; the gate is asked when there is something to judge."""
        built = asyncio.Event()
        judging = asyncio.create_task(
            self._run("exporter.export.parity_gate", request, stages, built)
        )
        try:
            outcome = await self._run("exporter.export.build", request, stages)
            if isinstance(outcome, Built):
                built.set()
                outcome = await judging
            return outcome
        finally:
            judging.cancel()
            await asyncio.gather(judging, return_exceptions=True)

    async def _run(
        self,
        module: str,
        request: ExportRequest,
        stages: dict[Stage, float],
        ready: asyncio.Event | None = None,
    ) -> Outcome:
        outcomes: list[Outcome] = []

        async def hear(line: bytes) -> None:
            said = LINE.validate_json(line)
            if isinstance(said, StageDone):
                stages[said.stage] += said.seconds
                self._on_stage(said)
            else:
                outcomes.append(said)

        try:
            await run_child(module, request, hear, ENVIRONMENT, ready)
        except ChildFailed as error:
            raise ExportBroke(str(error)) from error
        if not outcomes:
            raise ExportBroke(f"{module} ended without an outcome")
        return outcomes[-1]
