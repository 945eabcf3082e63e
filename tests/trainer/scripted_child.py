"""A scripted training process in place of the real one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from ratchet.processes import ChildFailed
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import (
    OutOfMemory,
    RunImpossible,
    TrainingProgress,
    TrainingResult,
    TrainRequest,
)
from trainer.domain.runs.loop_recipes import DpoRecipe
from trainer.domain.runs.recipe import Recipe

from .conftest import FakeRunner, training_pairs

FULL = OutOfMemory(error="CUDA out of memory. Tried to allocate 2.00 GiB")
FOREVER = "forever"
End = TrainingResult | OutOfMemory | RunImpossible | FakeRunner | int | str


class ScriptedChild:
    """Each process ends with the next of `ends`: with a line, with what a runner pretends, with
    a status, or `FOREVER` not at all.

    One that is to record references does so. It leaves a checkpoint and, when it has trained,
    its result. `running` counts processes; `on_start` is called by each one.
    """

    on_start: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *ends: End) -> None:
        self.requests: list[TrainRequest] = []
        self.running = 0
        self._ends = list(ends)

    async def __call__(
        self,
        module: str,
        request: TrainRequest | ReferenceRequest,
        on_line: Callable[[bytes], Awaitable[None]],
        environment: dict[str, str],
    ) -> None:
        if isinstance(request, ReferenceRequest):
            request.target.write_bytes(b"references")
            return
        self.requests.append(request)
        (request.work_dir / "checkpoint-1").mkdir(parents=True, exist_ok=True)
        end = self._ends.pop(0)
        self.running += 1
        self.on_start()
        try:
            await self._end(request, on_line, end)
        finally:
            self.running -= 1

    async def _end(
        self, request: TrainRequest, on_line: Callable[[bytes], Awaitable[None]], end: End
    ) -> None:
        if end == FOREVER:
            await asyncio.Event().wait()
        if isinstance(end, int):
            raise ChildFailed("trainer.run", end, "its last words")
        if isinstance(end, FakeRunner):
            end = await end.train(request, _discard)
        if isinstance(end, TrainingResult):
            request.result.write_text(end.model_dump_json())
        assert not isinstance(end, str)
        await on_line(end.model_dump_json().encode())

    def halvings(self) -> Sequence[int]:
        return [request.halvings for request in self.requests]


async def _discard(_: TrainingProgress) -> None:
    pass


def scripted(monkeypatch: pytest.MonkeyPatch, *ends: End) -> ScriptedChild:
    """Replace the real process by a scripted one."""
    child = ScriptedChild(*ends)
    monkeypatch.setattr("trainer.backends.run_process.child_run.run_child", child)
    return child


def request_in(directory: Path, batch: int = 4) -> TrainRequest:
    pairs = training_pairs(4)
    dataset = directory / "dataset.json"
    dataset.write_bytes(Dataset(train=tuple(pairs[:2]), held_out=tuple(pairs[2:])).canonical())
    return TrainRequest(
        run_id="run",
        method="dpo",
        dataset=dataset,
        recipe=Recipe(dpo=DpoRecipe(batch=batch, accumulation=2)),
        base_model="smollm2-135m-instruct",
        cache_dir=directory / "cache",
        work_dir=directory / "work",
    )


def trained(directory: Path) -> TrainingResult:
    return TrainingResult(
        adapter=directory / "work" / "adapter",
        base_sha256="0" * 64,
        base_revision=None,
        device="cpu",
        precision="float32",
        batch=1,
        cases=(),
        before=ModelScores(),
        after=ModelScores(),
        curve=(),
        seconds={},
        versions={},
    )
