"""What training needs of its surroundings, where tests or users replace it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from ratchet.contract import Event
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.examples.teacher_answer import TeacherAnswer
from trainer.domain.runs.child_messages import (
    RunImpossible,
    TrainingProgress,
    TrainingResult,
    TrainRequest,
)


class TrainingBroke(RuntimeError):
    """The training process ended without a result."""


class TrainingImpossible(RuntimeError):
    """No attempt can use the data of a run; `end` names the examples that it left out."""

    def __init__(self, end: RunImpossible) -> None:
        super().__init__(end.reason)
        self.end = end


class TeacherUnavailable(RuntimeError):
    """The teacher is unreachable, busy or broken; a later request may succeed."""


class TeacherRefused(RuntimeError):
    """The teacher refused the request, or its answer is no chat completion; no retry helps."""


class Runner(Protocol):
    async def train(
        self, request: TrainRequest, on_progress: Callable[[TrainingProgress], Awaitable[None]]
    ) -> TrainingResult:
        """Train and judge. Raises `TrainingBroke` and `TrainingImpossible`.

        Cancelling ends the training process.
        """

    async def record_references(self, request: ReferenceRequest) -> None:
        """Write the reference answers unless the file exists. Raises `TrainingBroke`."""

    def clean(self, work_dir: Path) -> None:
        """Remove the files of a run that has ended."""


class Machine(Protocol):
    def free_memory(self) -> int:
        """Bytes of main memory that are available without swapping."""

    def free_disk(self) -> int:
        """Bytes that are free where runs and artifacts are written."""


class Teacher(Protocol):
    """A larger model whose answers a run may imitate; `name` is the model's."""

    name: str

    async def answer(self, prompt: str) -> TeacherAnswer:
        """Answer one prompt. Raises `TeacherUnavailable` and `TeacherRefused`."""


class EventPublisher(Protocol):
    async def publish_once(self, event: Event) -> bool: ...
