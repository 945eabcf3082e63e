"""What the training process is asked for, and what it says while it works."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ratchet.contract import CurvePoint, Method, Stage, Value
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import Judged
from trainer.domain.runs.recipe import Recipe


class TrainRequest(Value):
    """`dataset` is a file with a `Dataset`, `champion` a PEFT directory (None: the bare base).

    `regression` is a file with the fixed questions both are asked too (None: no such questions).
    With `afresh` the challenger starts from the base, else from the champion. The micro-batch
    is halved `halvings` times.

    Everything the process leaves behind lies in `work_dir`; a second process with the same
    request goes on from there.
    """

    run_id: str
    method: Method
    dataset: Path
    recipe: Recipe
    base_model: str
    cache_dir: Path
    work_dir: Path
    champion: Path | None = None
    regression: Path | None = None
    afresh: bool = False
    halvings: int = 0

    @property
    def end(self) -> Path:
        """The file in which the process keeps the `Trained` it came to."""
        return self.work_dir / "trained.json"


class Progress(Value):
    line: Literal["progress"] = "progress"
    stage: Stage
    step: int = 0
    steps: int = 0
    loss: float | None = None
    accuracy: float | None = None
    margin: float | None = None
    seconds_left: float | None = None


class Trained(Value):
    """The end of a run: the adapter's directory, what both models were asked and how they did.

    `batch` is the micro-batch that fitted into memory. `regression_sha256` hashes the file with
    the fixed questions among `cases`.
    """

    line: Literal["trained"] = "trained"
    adapter: Path
    base_sha256: str
    base_revision: str | None
    device: str
    precision: str
    batch: int
    cases: tuple[Case, ...]
    before: Judged
    after: Judged
    regression_sha256: str | None = None
    curve: tuple[CurvePoint, ...]
    seconds: dict[str, float]
    versions: dict[str, str]

    @property
    def held_out(self) -> tuple[Case, ...]:
        """The cases made of the run's held-out examples."""
        return tuple(case for case in self.cases if case.part == "held_out")


class OutOfMemory(Value):
    """The process has ended and left its checkpoints; `said` is what the allocator said."""

    line: Literal["out_of_memory"] = "out_of_memory"
    said: str


Line = Progress | Trained | OutOfMemory
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="line")])
