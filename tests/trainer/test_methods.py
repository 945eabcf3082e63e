"""Each method learns from its own kind of examples."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from ratchet.contract import CurvePoint, Method
from trainer.backends.language_model.base_model import Base, load_base
from trainer.backends.language_model.lora import fresh_adapter, remove_adapter
from trainer.backends.language_model.training_loop import Training
from trainer.backends.machine.device import use_all_cores
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.recipe import LoraRecipe, Recipe
from trainer.run.methods import training_method

from .conftest import captured, label, training_pairs
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

_LOOP = {
    "learning_rate": 1e-3,
    "epochs": 2,
    "accumulation": 1,
    "warmup": 0,
    "gradient_checkpointing": False,
}
RECIPE = Recipe(
    lora=LoraRecipe(rank=4, dropout=0),
    dpo=DpoRecipe(batch=2, share_prompts=True, label_smoothing=0.1, **_LOOP),
    kto=KtoRecipe(batch=2, **_LOOP),
    sft=SftRecipe(batch=2, **_LOOP),
)
GIVEN: dict[Method, Sequence[TrainingExample]] = {
    "dpo": training_pairs(2),
    "kto": [label(1, True), label(2, False)],
    "sft": [captured(number) for number in range(2)],
}


@pytest.fixture(scope="module")
def base(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Base:
    use_all_cores()
    directory = write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)
    return load_base(directory, torch.device("cpu"), torch.float32, "none")


def learnt(
    base: Base, method: Method, work_dir: Path, reports: list[TrainingProgress]
) -> tuple[dict[str, torch.Tensor], tuple[CurvePoint, ...]]:
    training = Training(base, fresh_adapter(RECIPE.lora), RECIPE, work_dir, reports.append)
    adapted, curve = training_method(method)(training, GIVEN[method])
    weights = {n: w.detach().clone() for n, w in adapted.named_parameters() if "lora_B" in n}
    remove_adapter(adapted)
    return weights, curve


@pytest.mark.parametrize("method", ["kto", "sft", "dpo"])
def test_each_method_learns_reports_progress_and_is_reproducible(
    base: Base, method: Method, tmp_path: Path
):
    reports: list[TrainingProgress] = []
    weights, curve = learnt(base, method, tmp_path / "first", reports)
    assert [point.step for point in curve] == [1, 2]
    assert curve[-1].loss < curve[0].loss
    assert any(weight.abs().max() > 0 for weight in weights.values())
    last = reports[-1]
    assert (last.stage, last.step, last.steps, last.seconds_left) == ("training", 2, 2, 0.0)
    assert last.loss is not None

    again, _ = learnt(base, method, tmp_path / "again", [])
    assert all(torch.equal(weight, again[name]) for name, weight in weights.items())
