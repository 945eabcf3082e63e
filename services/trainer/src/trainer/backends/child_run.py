"""Training in a process of its own: the event loop stays free, and no library outlives a run."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from ratchet.child import ChildFailed, run_child
from trainer.domain.job import LINE, Progress, Trained, TrainRequest
from trainer.ports import TrainingBroke

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
    """As `trainer.ports.Runner`."""

    async def train(
        self, request: TrainRequest, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Trained:
        """A killed process leaves its checkpoints for the next; one that failed leaves nothing."""
        ends: list[Trained] = []

        async def hear(line: bytes) -> None:
            said = LINE.validate_json(line)
            if isinstance(said, Progress):
                await on_progress(said)
            else:
                ends.append(said)

        try:
            await run_child("trainer.run", request, hear, _ENVIRONMENT)
        except ChildFailed as error:
            if error.status > 0:
                self.clean(request.work_dir)
            raise TrainingBroke(str(error)) from error
        if not ends:
            message = "the training process ended without a result"
            raise TrainingBroke(message)
        return ends[-1]

    def clean(self, work_dir: Path) -> None:
        shutil.rmtree(work_dir, ignore_errors=True)
