"""Runs training in a child process, so that the event loop stays free and memory is returned."""

import asyncio
import logging
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

from ratchet.processes import ChildFailed, run_child
from trainer.backends.machine.local_machine import oom_kills
from trainer.backends.machine.ollama import Ollama
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.runs.child_messages import (
    CHILD_MESSAGE,
    BaseProvided,
    BaseRequest,
    OutOfMemory,
    RunImpossible,
    RunOutcome,
    TrainingProgress,
    TrainingResult,
    TrainRequest,
)

OnProgress = Callable[[TrainingProgress], Awaitable[None]]
_log = logging.getLogger(__name__)

_ENVIRONMENT = {
    # Spinning OpenMP threads would take the cores of the other services on a small machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Training frees and allocates the same large blocks in every step: glibc keeps them mapped.
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


class TrainingBroke(RuntimeError):
    """The training process ended without a result."""


class TrainingImpossible(RuntimeError):
    """No attempt can use the data of a run; `end` names the examples that it left out."""

    def __init__(self, end: RunImpossible) -> None:
        super().__init__(end.reason)
        self.end = end


class ChildRunner:
    """Runs child processes; the models of `ollama` are unloaded meanwhile.

    Raises `TrainingBroke` and `TrainingImpossible`. Cancelling ends the process.
    """

    def __init__(self, ollama: Ollama | None = None) -> None:
        self._ollama = ollama

    async def train(self, request: TrainRequest, on_progress: OnProgress) -> TrainingResult:
        """Train, or return the result of a process that has finished the same request.

        A killed process leaves its checkpoints for the next one; a failed one leaves nothing.
        Out of memory, it is repeated with micro-batches of half the size.
        """
        result = await asyncio.to_thread(_stored_result, request)
        if result is not None:
            return result
        async with self._ollama.unloaded() if self._ollama else nullcontext():
            while True:
                end = await self._attempt(request, on_progress)
                if isinstance(end, TrainingResult):
                    return end
                if isinstance(end, RunImpossible):
                    raise TrainingImpossible(end)
                request = await asyncio.to_thread(_with_smaller_batches, request, end)

    async def fetch_base(self, request: BaseRequest) -> str | None:
        """Why the files of a base model are not here, None if they are; downloads what lacks."""
        problems: list[str | None] = []

        async def receive(line: bytes) -> None:
            problems.append(BaseProvided.model_validate_json(line).problem)

        try:
            await run_child("trainer.run.base", request, receive, _ENVIRONMENT)
        except ChildFailed as error:
            reason = str(error).splitlines()[-1]
            return f"the base model {request.base_model} could not be fetched: {reason}"
        return problems[-1]

    async def record_references(self, request: ReferenceRequest) -> None:
        """Write the reference answers unless the file exists."""
        if await asyncio.to_thread(request.target.exists):
            return
        async with self._ollama.unloaded() if self._ollama else nullcontext():
            try:
                await run_child("trainer.reference", request, _discard, _ENVIRONMENT)
            except ChildFailed as error:
                raise TrainingBroke(str(error)) from error

    async def _attempt(self, request: TrainRequest, on_progress: OnProgress) -> RunOutcome:
        kills = oom_kills()
        scratch = await asyncio.to_thread(_empty_scratch, request.work_dir)
        try:
            return await _run(request, on_progress, {**_ENVIRONMENT, "TMPDIR": str(scratch)})
        except ChildFailed as error:
            if error.status == -signal.SIGKILL and oom_kills() > kills:
                return OutOfMemory(error="killed by the kernel")
            if error.status > 0:
                await asyncio.to_thread(shutil.rmtree, request.work_dir, ignore_errors=True)
            raise TrainingBroke(str(error)) from error


def _stored_result(request: TrainRequest) -> TrainingResult | None:
    try:
        return TrainingResult.model_validate_json(request.result.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _empty_scratch(work_dir: Path) -> Path:
    """An empty directory for temporary files, without those of a killed process."""
    scratch = work_dir / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


async def _run(
    request: TrainRequest, on_progress: OnProgress, environment: dict[str, str]
) -> RunOutcome:
    ends: list[RunOutcome] = []

    async def receive(line: bytes) -> None:
        message = CHILD_MESSAGE.validate_json(line)
        if isinstance(message, TrainingProgress):
            await on_progress(message)
        else:
            ends.append(message)

    await run_child("trainer.run", request, receive, environment)
    if not ends:
        raise TrainingBroke("the training process ended without a result")
    return ends[-1]


async def _discard(_: bytes) -> None:
    pass


def _with_smaller_batches(request: TrainRequest, end: OutOfMemory) -> TrainRequest:
    """The request with smaller micro-batches; raises `TrainingBroke` if none are smaller."""
    smaller = request.model_copy(update={"halvings": request.halvings + 1})
    try:
        recipe = request.recipe.with_smaller_batches(request.method, smaller.halvings)
        loop = recipe.loop(request.method)
    except ValueError as error:
        raise TrainingBroke(f"out of memory ({end.error}), and {error}") from error
    _log.warning("out of memory (%s): continuing with micro-batches of %d", end.error, loop.batch)
    return smaller
