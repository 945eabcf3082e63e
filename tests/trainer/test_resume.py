"""A resumed run gives the same bytes by every method."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ratchet.contract import Method
from trainer.backends.language_model.base_model import load_base
from trainer.backends.language_model.lora import Adapted, fresh_adapter, save_adapter, with_champion
from trainer.backends.language_model.training_loop import DurableCheckpoints, Training
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.recipe import LoraRecipe, Recipe
from trainer.run.methods import training_method

from .conftest import captured, label, training_pairs
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

LOOP = {"learning_rate": 1e-2, "epochs": 2, "gradient_checkpointing": False}
RECIPE = Recipe(
    lora=LoraRecipe(rank=4, dropout=0.1),
    dpo=DpoRecipe(batch=1, accumulation=2, **LOOP),
    kto=KtoRecipe(batch=2, accumulation=1, **LOOP),
    sft=SftRecipe(batch=2, accumulation=1, **LOOP),
)
"""Six steps with dropout, in an order that is drawn: what a resume has to find again."""
GIVEN: dict[Method, Sequence[TrainingExample]] = {
    "dpo": training_pairs(5),
    "kto": [label(number, number % 2 == 0) for number in range(5)],
    "sft": [captured(number) for number in range(5)],
}


class Stopped(Exception):
    """Stands for the kill of a process."""


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


def taught(
    tiny: Path,
    method: Method,
    work_dir: Path,
    champion: Path | None = None,
    stop_at: int | None = None,
) -> tuple[Adapted, list[int]]:
    """The adapted model, and the reported steps."""
    base = load_base(tiny, torch.device("cpu"), torch.float32, "none")
    adapter = with_champion(base.model, champion) if champion else fresh_adapter(RECIPE.lora)
    steps: list[int] = []

    def reports(progress: TrainingProgress) -> None:
        if progress.loss is not None:
            steps.append(progress.step)
            if progress.step == stop_at:
                raise Stopped

    adapted, _ = training_method(method)(
        Training(base, adapter, RECIPE, work_dir, reports), GIVEN[method]
    )
    return adapted, steps


def weights_of(adapted: Adapted) -> dict[str, torch.Tensor]:
    return {name: w for name, w in adapted.named_parameters() if ".default." in name}


@pytest.mark.parametrize(
    ("method", "onwards"),
    [("dpo", False), ("dpo", True), ("kto", False), ("sft", False)],
    ids=["dpo", "dpo onwards from a champion", "kto", "sft"],
)
def test_a_resumed_run_gives_the_same_bytes(
    tiny: Path, method: Method, onwards: bool, tmp_path: Path
):
    champion = tmp_path / "champion" if onwards else None
    if champion:
        save_adapter(taught(tiny, method, tmp_path / "before")[0], champion)
    undisturbed, steps = taught(tiny, method, tmp_path / "undisturbed", champion)
    assert steps == [1, 2, 3, 4, 5, 6]
    with pytest.raises(Stopped):
        taught(tiny, method, tmp_path / "stopped", champion, stop_at=5)
    resumed, steps = taught(tiny, method, tmp_path / "stopped", champion)
    assert steps == [5, 6]
    wanted, result = weights_of(undisturbed), weights_of(resumed)
    assert wanted.keys() == result.keys()
    assert all(torch.equal(weight, result[name]) for name, weight in wanted.items())


def test_an_incomplete_checkpoint_is_ignored(tiny: Path, tmp_path: Path):
    """A power loss may leave empty files without the mark."""
    undisturbed, _ = taught(tiny, "dpo", tmp_path / "undisturbed")
    with pytest.raises(Stopped):
        taught(tiny, "dpo", tmp_path / "stopped", stop_at=5)
    torn = tmp_path / "stopped/checkpoint-4"
    (torn / "whole").unlink()
    for file in torn.iterdir():
        file.write_bytes(b"")
    (torn / "left behind").touch()

    resumed, steps = taught(tiny, "dpo", tmp_path / "stopped")
    assert steps == [3, 4, 5, 6]
    assert not (torn / "left behind").exists()
    wanted, result = weights_of(undisturbed), weights_of(resumed)
    assert all(torch.equal(weight, result[name]) for name, weight in wanted.items())


def test_a_checkpoint_is_complete_after_all_of_it_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    checkpoint = tmp_path / "checkpoint-6"
    (checkpoint / "ref").mkdir(parents=True)
    for name in ("adapter_model.safetensors", "optimizer.pt", "ref/adapter_model.safetensors"):
        (checkpoint / name).write_text("content")
    mark, synced = checkpoint / "whole", dict[bool, list[str]]()

    def spy(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.setdefault(mark.exists(), []).append(str(path.relative_to(tmp_path)))

    monkeypatch.setattr("os.fsync", spy)
    DurableCheckpoints().on_save(
        SimpleNamespace(output_dir=tmp_path), SimpleNamespace(global_step=6), None
    )
    everything = [tmp_path, checkpoint, *(path for path in checkpoint.rglob("*") if path != mark)]
    assert sorted(synced[False]) == sorted(str(path.relative_to(tmp_path)) for path in everything)
    assert synced[True] == ["checkpoint-6"], "the mark is an entry of its directory"
