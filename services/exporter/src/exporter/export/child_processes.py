"""Runs an export in two child processes: one builds the files, the other checks them.

The service itself loads neither llama.cpp nor a model, so a crash or an out-of-memory kill of an
export costs a retry and not the service. The build process stays small while it works tensor by
tensor. The gate process loads llama.cpp meanwhile, which takes seconds, and waits for the files.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from exporter.domain.export_messages import (
    EXPORT_MESSAGES,
    BuiltFile,
    Exported,
    ExportRefused,
    StageDone,
)
from exporter.domain.registry.record import ExportStage
from exporter.export.request import ExportRequest
from exporter.settings import ExporterSettings
from ratchet.processes import ChildFailed, run_child
from ratchet_models import AdapterManifest

ChildOutcome = BuiltFile | Exported | ExportRefused
ENVIRONMENT = {
    # The adapter's matrices are thin: threads would wait for each other longer than they work.
    "OPENBLAS_NUM_THREADS": "1",
    # Threads that spin while they wait make a 2-core machine 20 times slower during a training
    # run; threads that sleep at once are a third slower on an idle machine.
    "GOMP_SPINCOUNT": "1000",
    "TOKENIZERS_PARALLELISM": "false",
}


class ExportInterrupted(RuntimeError):
    """The export process ended without a result: a retry may succeed.

    `killed` is whether a signal ended it.
    """

    def __init__(self, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


@dataclass(frozen=True)
class ExportProcesses:
    """`on_stage` receives every finished stage."""

    settings: ExporterSettings
    on_stage: Callable[[StageDone], None]

    async def export(self, version: str, manifest: AdapterManifest) -> Exported | ExportRefused:
        """Merge, convert, quantize, compare and store; raises `ExportInterrupted`."""
        settings = self.settings
        request = ExportRequest(
            version=version,
            manifest=manifest,
            quantization=settings.exporter_quantization,
            limits=settings.limits,
            sampling=settings.sampling,
            artifacts_dir=settings.artifacts_dir.absolute(),
            cache_dir=settings.cache_path.absolute(),
            work_dir=settings.data_dir.absolute() / "work" / f"export-{version}",
        )
        stages: dict[ExportStage, float] = defaultdict(float)
        outcome = await self._build_and_check(request, stages)
        if isinstance(outcome, BuiltFile):
            raise ExportInterrupted("the gate process ended without a verdict")
        if isinstance(outcome, ExportRefused):
            return outcome
        seconds = {stage: round(total, 3) for stage, total in stages.items()}
        return Exported(export=outcome.export.model_copy(update={"seconds": seconds}))

    async def _build_and_check(
        self, request: ExportRequest, stages: dict[ExportStage, float]
    ) -> ChildOutcome:
        """Start both processes; the gate gets its request when the files are built."""
        built = asyncio.Event()
        checking = asyncio.create_task(
            self._run("exporter.export.parity_gate", request, stages, built)
        )
        try:
            outcome = await self._run("exporter.export.build", request, stages)
            if isinstance(outcome, BuiltFile):
                built.set()
                outcome = await checking
            return outcome
        finally:
            checking.cancel()
            await asyncio.gather(checking, return_exceptions=True)

    async def _run(
        self,
        module: str,
        request: ExportRequest,
        stages: dict[ExportStage, float],
        ready: asyncio.Event | None = None,
    ) -> ChildOutcome:
        outcomes: list[ChildOutcome] = []

        async def receive(line: bytes) -> None:
            message = EXPORT_MESSAGES.validate_json(line)
            if isinstance(message, StageDone):
                stages[message.stage] += message.seconds
                self.on_stage(message)
            else:
                outcomes.append(message)

        try:
            await run_child(module, request, receive, ENVIRONMENT, ready)
        except ChildFailed as error:
            raise ExportInterrupted(str(error), killed=error.killed) from error
        if not outcomes:
            raise ExportInterrupted(f"{module} ended without an outcome")
        return outcomes[-1]
