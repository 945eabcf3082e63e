"""The training process itself, on the small packaged model."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from trainer.backends.child_run import ChildRunner
from trainer.domain.dataset import Dataset
from trainer.domain.gate import GateRules, rule
from trainer.domain.job import Progress, TrainRequest
from trainer.domain.recipe import DpoRecipe, JudgingRecipe, LoraRecipe, Recipe
from trainer.domain.scores import gains
from trainer.ports import TrainingBroke

from .conftest import training_pairs

pytestmark = pytest.mark.heavy

STEPS = 8


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def request_for(directory: Path, cache_dir: Path, champion: Path | None = None) -> TrainRequest:
    pairs = training_pairs(4)
    directory.mkdir(exist_ok=True)
    dataset = directory / "dataset.json"
    dataset.write_bytes(Dataset(train=pairs[:2], held_out=pairs[2:]).canonical())
    return TrainRequest(
        run_id="run",
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
        base_model="smollm2-135m-instruct",
        cache_dir=cache_dir,
        work_dir=directory / "work",
        champion=champion,
    )


class Listener:
    """Keeps all progress; kills the training process with SIGKILL at `kill_at`."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.heard: list[Progress] = []
        self._kill_at = kill_at

    async def __call__(self, progress: Progress) -> None:
        self.heard.append(progress)
        if progress.stage == "training" and progress.step == self._kill_at:
            for child in children():
                os.kill(child, signal.SIGKILL)

    def steps(self) -> list[int]:
        return [p.step for p in self.heard if p.stage == "training" and p.loss is not None]

    def stages(self) -> list[str]:
        return list(dict.fromkeys(progress.stage for progress in self.heard))


def children() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [int(number) for number in found.split()]


def train(request: TrainRequest, listener: Listener):
    return asyncio.run(ChildRunner().train(request, listener))


def test_a_killed_run_goes_on_and_its_adapter_can_be_gone_on_from(tmp_path: Path, cache_dir: Path):
    request = request_for(tmp_path / "first", cache_dir)
    killed = Listener(kill_at=5)
    with pytest.raises(TrainingBroke, match="status -9"):
        train(request, killed)
    assert killed.stages() == ["loading", "judging_champion", "training"]

    resumed = Listener()
    trained = train(request, resumed)
    assert resumed.steps() == list(range(5, STEPS + 1)), "goes on after the checkpoint of step 4"
    assert [point.step for point in trained.curve] == list(range(1, STEPS + 1))
    assert trained.curve[-1].loss < trained.curve[0].loss
    assert sorted(path.name for path in trained.adapter.iterdir() if path.suffix != ".md") == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert trained.after.preferred == (1.0, 1.0)
    assert len(trained.before.answers) == len(trained.after.answers) == 2

    again = Listener()
    assert train(request, again) == trained
    assert again.heard == [], "a run that has ended is not trained again"

    onwards = train(request_for(tmp_path / "second", cache_dir, trained.adapter), Listener())
    assert onwards.before.answers == trained.after.answers, "the champion answers as it did"
    assert onwards.before.preferred == (1.0, 1.0)
    assert onwards.base_sha256 == trained.base_sha256


def test_an_adapter_that_learnt_nothing_is_refused(tmp_path: Path, cache_dir: Path):
    request = request_for(tmp_path, cache_dir)
    dpo = request.recipe.dpo.model_copy(update={"learning_rate": 1e-12, "epochs": 1.0})
    request = request.model_copy(update={"recipe": request.recipe.model_copy(update={"dpo": dpo})})
    trained = train(request, Listener())
    difference = gains(trained.before, trained.after, 42)
    ruling = rule(trained.after.scores, difference, GateRules())
    assert ruling.verdict == "refused"
    assert trained.curve[0].loss > 0.69


def test_a_model_that_is_not_there_breaks_with_its_name(tmp_path: Path, cache_dir: Path):
    request = request_for(tmp_path, cache_dir).model_copy(update={"base_model": str(tmp_path)})
    with pytest.raises(TrainingBroke, match="no safetensors weights"):
        train(request, Listener())
    assert not request.work_dir.exists()
