"""What the training process is asked for, and what it says while it works."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ratchet.events.base import Value
from ratchet.events.run import CurvePoint, Stage
from trainer.domain.recipe import Recipe
from trainer.domain.scores import Judged


class TrainRequest(Value):
    """`dataset` is a file with a `Dataset`, `champion` a PEFT directory (None: the bare base).

    Everything the process leaves behind lies in `work_dir`; a second process with the same
    request goes on from there.
    """

    run_id: str
    dataset: Path
    recipe: Recipe
    base_model: str
    cache_dir: Path
    work_dir: Path
    champion: Path | None = None


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
    """The end of a run: the adapter's directory and how both models did."""

    line: Literal["trained"] = "trained"
    adapter: Path
    base_sha256: str
    device: str
    precision: str
    before: Judged
    after: Judged
    curve: tuple[CurvePoint, ...]
    seconds: dict[str, float]
    versions: dict[str, str]


Line = Progress | Trained
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="line")])
