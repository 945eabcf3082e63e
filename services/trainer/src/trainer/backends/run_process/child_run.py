"""Training in a process of its own: the event loop stays free, and no library outlives a run."""

import asyncio
import logging
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

from ratchet.processes import ChildFailed, run_child
from trainer.backends.machine.ollama import Ollama
from trainer.backends.machine.oom_kills import oom_kills
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.runs.child_messages import LINE, OutOfMemory, Progress, Trained, TrainRequest
from trainer.ports import TrainingBroke

OnProgress = Callable[[Progress], Awaitable[None]]
_log = logging.getLogger(__name__)

_ENVIRONMENT = {
    # Waiting threads that spin keep the other services off a small machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Training frees and takes the same large blocks every step: keep them instead of unmapping.
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


class ChildRunner:
    """As `trainer.ports.Runner`; `neighbour` is out of the way while a process works."""

    def __init__(self, neighbour: Ollama | None = None) -> None:
        self._neighbour = neighbour

    async def train(self, request: TrainRequest, on_progress: OnProgress) -> Trained:
        """A killed process leaves its checkpoints for the next; one that failed leaves nothing.

        What does not fit into memory is tried again in micro-batches of half the size. A run
        that has ended is not trained again.
        """
        ended = await asyncio.to_thread(_ended, request)
        if ended is not None:
            return ended
        async with self._neighbour.out_of_the_way() if self._neighbour else nullcontext():
            return await self._train(request, on_progress)

    async def record_references(self, request: ReferenceRequest) -> None:
        """As `trainer.ports.Runner`."""
        if await asyncio.to_thread(request.target.exists):
            return
        async with self._neighbour.out_of_the_way() if self._neighbour else nullcontext():
            try:
                await run_child("trainer.reference", request, _unheard, _ENVIRONMENT)
            except ChildFailed as error:
                raise TrainingBroke(str(error)) from error

    def clean(self, work_dir: Path) -> None:
        shutil.rmtree(work_dir, ignore_errors=True)

    async def _train(self, request: TrainRequest, on_progress: OnProgress) -> Trained:
        while True:
            end = await self._attempt(request, on_progress)
            if isinstance(end, Trained):
                return end
            request = await asyncio.to_thread(_in_less_memory, request, end)

    async def _attempt(
        self, request: TrainRequest, on_progress: OnProgress
    ) -> Trained | OutOfMemory:
        kills = oom_kills()
        scratch = await asyncio.to_thread(_empty_scratch, request.work_dir)
        try:
            return await _run(request, on_progress, {**_ENVIRONMENT, "TMPDIR": str(scratch)})
        except ChildFailed as error:
            if error.status == -signal.SIGKILL and oom_kills() > kills:
                return OutOfMemory(said="killed by the kernel")
            if error.status > 0:
                await asyncio.to_thread(self.clean, request.work_dir)
            raise TrainingBroke(str(error)) from error


def _ended(request: TrainRequest) -> Trained | None:
    try:
        return Trained.model_validate_json(request.end.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _empty_scratch(work_dir: Path) -> Path:
    """A directory for temporary files: those of a killed process go with it."""
    scratch = work_dir / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


async def _run(
    request: TrainRequest, on_progress: OnProgress, environment: dict[str, str]
) -> Trained | OutOfMemory:
    ends: list[Trained | OutOfMemory] = []

    async def hear(line: bytes) -> None:
        said = LINE.validate_json(line)
        if isinstance(said, Progress):
            await on_progress(said)
        else:
            ends.append(said)

    await run_child("trainer.run", request, hear, environment)
    if not ends:
        message = "the training process ended without a result"
        raise TrainingBroke(message)
    return ends[-1]


async def _unheard(_: bytes) -> None:
    pass


def _in_less_memory(request: TrainRequest, end: OutOfMemory) -> TrainRequest:
    """The same request in smaller micro-batches; raises `TrainingBroke` where there are none."""
    smaller = request.model_copy(update={"halvings": request.halvings + 1})
    try:
        recipe = request.recipe.with_smaller_batches(request.method, smaller.halvings)
        loop = recipe.loop(request.method)
    except ValueError as error:
        raise TrainingBroke(f"out of memory ({end.said}), and {error}") from error
    _log.warning("out of memory (%s): going on in micro-batches of %d", end.said, loop.batch)
    return smaller
