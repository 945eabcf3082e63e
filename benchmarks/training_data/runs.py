"""Runs the trainer's child process on examples and returns its ruling."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratchet.contract import Interval, Method, Scores
from ratchet_cli.demo.settings import DPO, JUDGING, KTO, LORA, SFT, VARIATION
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.child_run import ChildRunner
from trainer.domain.evaluation.acceptance_gate import GateVerdict, judge_challenger
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.child_messages import TrainingProgress, TrainingResult, TrainRequest
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.recipe import JudgingRecipe, LoraRecipe, Recipe, VariationRecipe

CACHE = Path("var/cache").absolute()
RECIPE = Recipe(
    precision="float32",
    lora=LoraRecipe.model_validate(LORA),
    dpo=DpoRecipe.model_validate(DPO),
    kto=KtoRecipe.model_validate(KTO),
    sft=SftRecipe.model_validate(SFT),
    variation=VariationRecipe.model_validate(VARIATION),
    judging=JudgingRecipe.model_validate({**JUDGING, "widget_questions": 0, "fixed_questions": 36}),
)
"""What the small model learns by on a CPU; figures of one precision compare."""


Report = Callable[[TrainingProgress], None]


@dataclass(frozen=True)
class Ran:
    trained: TrainingResult
    ruling: GateVerdict
    seconds: float

    @property
    def gains(self) -> dict[str, Interval]:
        return dict(self.ruling.figures.held_out)

    @property
    def scores(self) -> tuple[Scores, Scores]:
        """The means over the held-out cases before and after."""
        held_out = [case for case in self.trained.cases if case.part == "held_out"]
        return self.trained.before.means(held_out), self.trained.after.means(held_out)


def printed(progress: TrainingProgress) -> None:
    print(progress.model_dump_json(exclude_none=True, exclude={"line"}), flush=True)


async def run(
    method: Method,
    train: Sequence[TrainingExample],
    held_out: Sequence[TrainingExample],
    recipe: Recipe,
    base_model: str = "smollm2-135m-instruct",
    cache_dir: Path = CACHE,
    regression: Path | None = PACKAGED,
    report: Report = lambda progress: None,
    gate: GateRules = GateRules(),  # noqa: B008  (an immutable value)
) -> Ran:
    """Train and evaluate as the service would, in a temporary directory."""

    async def on_progress(progress: TrainingProgress) -> None:
        report(progress)

    dataset = Dataset(method=method, train=tuple(train), held_out=tuple(held_out))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "dataset.json"
        file.write_bytes(dataset.canonical())
        request = TrainRequest(
            run_id="benchmark",
            method=method,
            dataset=file,
            recipe=recipe,
            base_model=base_model,
            cache_dir=cache_dir,
            work_dir=Path(directory) / "work",
            regression=regression,
            gate=gate,
        )
        trained = await ChildRunner().train(request, on_progress)
    ruling = judge_challenger(
        trained.cases,
        trained.before,
        trained.after,
        gate,
        method,
        recipe.seed,
        trained.base,
        trained.ended_early,
    )
    return Ran(trained, ruling, time.perf_counter() - began)
