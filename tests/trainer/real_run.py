"""Small runs of the real training process."""

import asyncio
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from ratchet.storage import sha256_of
from trainer.backends.run_process.child_run import ChildRunner
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import TrainingProgress, TrainingResult, TrainRequest
from trainer.domain.runs.loop_recipes import DpoRecipe
from trainer.domain.runs.recipe import JudgingRecipe, LoraRecipe, Recipe

from .conftest import training_pairs

STEPS = 5
"""With a checkpoint after every second one."""
SMALL_MODEL = "smollm2-135m-instruct"


def request_for(directory: Path, cache_dir: Path, base_model: str = SMALL_MODEL) -> TrainRequest:
    """Two training pairs in one micro-batch, two held-out pairs."""
    pairs = training_pairs(4)
    directory.mkdir(exist_ok=True)
    dataset = directory / "dataset.json"
    dataset.write_bytes(Dataset(train=tuple(pairs[:2]), held_out=tuple(pairs[2:])).canonical())
    return TrainRequest(
        run_id="run",
        method="dpo",
        dataset=dataset,
        recipe=Recipe(
            precision="float32",
            lora=LoraRecipe(rank=4, dropout=0),
            dpo=DpoRecipe(
                learning_rate=1e-3,
                epochs=STEPS,
                batch=2,
                accumulation=1,
                share_prompts=True,
                gradient_checkpointing=False,
            ),
            judging=JudgingRecipe(answer_tokens=4),
        ),
        base_model=base_model,
        cache_dir=cache_dir,
        work_dir=directory / "work",
    )


def taught_nothing(request: TrainRequest, champion: Path, afresh: bool = False) -> TrainRequest:
    """The request with a champion, in one step without effect."""
    dpo = request.recipe.dpo.model_copy(update={"learning_rate": 1e-12, "epochs": 1.0})
    recipe = request.recipe.model_copy(update={"dpo": dpo})
    return request.model_copy(update={"recipe": recipe, "champion": champion, "afresh": afresh})


class Listener:
    """Records all progress; kills the training process with SIGKILL at step `kill_at`."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.reports: list[TrainingProgress] = []
        self._kill_at = kill_at

    async def __call__(self, progress: TrainingProgress) -> None:
        self.reports.append(progress)
        if progress.stage == "training" and progress.step == self._kill_at:
            for process in training_processes():
                process.kill()

    def steps(self) -> list[int]:
        return [p.step for p in self.reports if p.stage == "training" and p.loss is not None]

    def answered(self, stage: str) -> int:
        return max(progress.step for progress in self.reports if progress.stage == stage)

    def stages(self) -> list[str]:
        return list(dict.fromkeys(progress.stage for progress in self.reports))


def training_processes() -> list[Any]:
    """The child processes of the test that train; the others are shared servers."""
    return [child for child in psutil.Process().children() if "trainer.run" in child.cmdline()]


def train(request: TrainRequest, listener: Listener) -> TrainingResult:
    """Blocks until the process has ended."""
    return asyncio.run(ChildRunner().train(request, listener))


def train_here(request: TrainRequest) -> TrainingResult:
    """The same steps in this process, whose libraries are imported already."""
    from trainer.run.pipeline import run

    request.work_dir.mkdir(parents=True)
    trained = run(request, lambda _: None)
    assert isinstance(trained, TrainingResult), trained
    return trained


def weights_of(trained: TrainingResult) -> str:
    return sha256_of(trained.adapter / "adapter_model.safetensors")


def checkpoints_in(request: TrainRequest) -> list[str]:
    return sorted(path.name for path in request.work_dir.glob("checkpoint-*"))
