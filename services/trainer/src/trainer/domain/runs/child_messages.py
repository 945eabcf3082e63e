"""The request to the training process, and the messages that it reports."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ratchet.contract import CurvePoint, Method, Stage, Value
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.examples.fit import NOTHING, LeftOut
from trainer.domain.on_policy.round import Round
from trainer.domain.runs.recipe import Recipe
from trainer.domain.shadow.shadow_answers import ShadowAnswers


class TrainRequest(Value):
    """Requests a run of `method`.

    `dataset` is a file with a `Dataset`, `champion` a PEFT directory (None: the base model),
    `regression` a file with the fixed questions (None: no fixed questions), `chat_template` a file
    with the chat template (None: the base's own). With `afresh` the
    challenger starts from the base, otherwise from the champion. The micro-batch is halved
    `halvings` times. Without `widgets` the fixed questions about widgets are left out. The rules of
    the `gate` decide whether the challenger's evaluation ends early. `shadow` is a file with the
    `CAPTURED_PROMPTS` that both models answer after the gate's questions (None: none).

    The process writes to `work_dir` only. A second process with the same request resumes there.
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
    chat_template: Path | None = None
    afresh: bool = False
    halvings: int = 0
    widgets: bool = True
    gate: GateRules = GateRules()
    shadow: Path | None = None

    @property
    def result(self) -> Path:
        """The file in which the process stores its `TrainingResult`."""
        return self.work_dir / "trained.json"


class BaseRequest(Value):
    """Requests the files of a base model; those of a hub are downloaded to `cache_dir`."""

    base_model: str
    cache_dir: Path


class BaseProvided(Value):
    """`problem` is why the files are not here, with the remedy."""

    problem: str | None = None


class TrainingProgress(Value):
    line: Literal["progress"] = "progress"
    stage: Stage
    step: int = 0
    steps: int = 0
    loss: float | None = None
    accuracy: float | None = None
    margin: float | None = None
    seconds_left: float | None = None


class TrainingResult(Value):
    """The adapter's directory, the cases, and the scores of champion and challenger.

    `base` has the base model's spoken answers; None if the base is the champion. If the evaluation
    ended early, `ended_early` is why, and `cases` lacks those that the challenger was not asked.
    `chat_template` is the pinned one; `system_message` is whether it takes a system message.
    `batch` is the micro-batch that fitted into memory. `regression_sha256` is the hash of the
    file with the fixed questions among `cases`. `taught` counts the examples that it was trained
    on (None: all), `copies` those with other facts beside them. `rounds` are the on-policy
    rounds after that; the adapter is from before the first one that is not kept. `shadow` has the
    answers to captured prompts; None without any, and if the evaluation ended early.
    """

    line: Literal["trained"] = "trained"
    adapter: Path
    base_sha256: str
    base_revision: str | None
    device: str
    precision: str
    batch: int
    cases: tuple[Case, ...]
    before: ModelScores
    after: ModelScores
    base: ModelScores | None = None
    ended_early: str | None = None
    regression_sha256: str | None = None
    curve: tuple[CurvePoint, ...]
    seconds: dict[str, float]
    versions: dict[str, str]
    taught: int | None = None
    copies: int = 0
    rounds: tuple[Round, ...] = ()
    left_out: LeftOut = NOTHING
    chat_template: str | None = None
    system_message: bool = True
    shadow: ShadowAnswers | None = None

    @property
    def remark(self) -> str:
        """What the run left out and added, behind the reason of a verdict."""
        copies = f"; {self.copies} copies with other facts" if self.copies else ""
        rounds = "".join(
            f"; on-policy round {number}: {one.description}"
            for number, one in enumerate(self.rounds, 1)
        )
        system = "" if self.system_message else "; no system message: the chat template refuses one"
        return f"{self.left_out.remark}{copies}{rounds}{system}"

    @property
    def held_out(self) -> tuple[Case, ...]:
        """The cases of the run's held-out examples."""
        return tuple(case for case in self.cases if case.part == "held_out")


class OutOfMemory(Value):
    """The process ended for lack of memory; its checkpoints remain. `error` is the allocator's."""

    line: Literal["out_of_memory"] = "out_of_memory"
    error: str


class RunImpossible(Value):
    """The process cannot use the run's data, however often it is repeated.

    `of_base` is whether it cannot use the base model, whatever the examples.
    """

    line: Literal["impossible"] = "impossible"
    reason: str
    of_base: bool = False
    left_out: LeftOut = NOTHING


RunOutcome = TrainingResult | OutOfMemory | RunImpossible
ChildMessage = TrainingProgress | RunOutcome
CHILD_MESSAGE: TypeAdapter[ChildMessage] = TypeAdapter(
    Annotated[ChildMessage, Field(discriminator="line")]
)
