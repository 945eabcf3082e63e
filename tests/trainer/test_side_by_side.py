"""A run of several processes: they train together, and one evaluates and writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ratchet_testing.valkey import free_port
from trainer.backends.language_model.base_model import load_base
from trainer.backends.language_model.lora import fresh_adapter, save_adapter
from trainer.backends.language_model.training_loop import Training
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import (
    CHILD_MESSAGE,
    TrainingProgress,
    TrainingResult,
    TrainRequest,
)
from trainer.domain.runs.loop_recipes import DpoRecipe
from trainer.domain.runs.recipe import JudgingRecipe, LoraRecipe, Recipe
from trainer.run.methods import training_method

from .conftest import training_pairs
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

PAIRS = training_pairs(6)
RECIPE = Recipe(
    device="cpu",
    precision="float32",
    lora=LoraRecipe(rank=4, dropout=0),
    dpo=DpoRecipe(
        learning_rate=1e-2, epochs=2, batch=1, accumulation=2, gradient_checkpointing=False
    ),
    judging=JudgingRecipe(answer_tokens=2),
)
"""Four steps of two micro-batches: one for each of two processes."""


@pytest.fixture(scope="module")
def request_file(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("side by side")
    dataset = directory / "dataset.json"
    dataset.write_bytes(Dataset(train=tuple(PAIRS[:4]), held_out=tuple(PAIRS[4:])).canonical())
    request = TrainRequest(
        run_id="run",
        method="dpo",
        dataset=dataset,
        recipe=RECIPE,
        base_model=str(write_tiny_model(directory / "tiny", cache_dir)),
        cache_dir=cache_dir,
        work_dir=directory / "work",
    )
    request.work_dir.mkdir()
    file = directory / "request.json"
    file.write_text(request.model_dump_json())
    return file


def started(request_file: Path, rank: int, port: str) -> subprocess.Popen[bytes]:
    """Start one of two processes as `accelerate launch` does."""
    place = {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    with request_file.open("rb") as request:
        return subprocess.Popen(
            [sys.executable, "-m", "trainer.run"],
            stdin=request,
            stdout=subprocess.PIPE,
            env={**os.environ, **place},
        )


def adapter_of_one_process(request: TrainRequest, directory: Path) -> dict[str, torch.Tensor]:
    base = load_base(Path(request.base_model), torch.device("cpu"), torch.float32, "none")
    adapter = fresh_adapter(RECIPE.lora)
    adapted, _ = training_method("dpo")(
        Training(base, adapter, RECIPE, directory, lambda _: None), PAIRS[:4]
    )
    save_adapter(adapted, directory / "adapter")
    return load_file(directory / "adapter" / "adapter_model.safetensors")


def test_two_processes_learn_what_one_learns_and_one_reports(request_file: Path, tmp_path: Path):
    port = str(free_port())
    first, second = (started(request_file, rank, port) for rank in (0, 1))
    told, _ = first.communicate(timeout=120)
    assert second.communicate(timeout=120)[0] == b"", "the second has nothing to say"
    assert (first.returncode, second.returncode) == (0, 0)

    said = [CHILD_MESSAGE.validate_json(line) for line in told.splitlines()]
    *progress, trained = said
    assert isinstance(trained, TrainingResult)
    assert all(isinstance(line, TrainingProgress) for line in progress)
    steps = [line.step for line in progress if line.stage == "training" and line.loss is not None]
    assert steps == [1, 2, 3, 4], "each once, though two processes take it"
    assert len(trained.before.answers) == len(trained.after.answers) == 2

    request = TrainRequest.model_validate_json(request_file.read_bytes())
    assert TrainingResult.model_validate_json(request.result.read_bytes()) == trained
    whole = request.work_dir / "checkpoint-4"
    assert (whole / "whole").exists()
    assert len(list(whole.glob("rng_state_*.pth"))) == 2, "each process has its own to go on with"

    alone = adapter_of_one_process(request, tmp_path)
    together = load_file(trained.adapter / "adapter_model.safetensors")
    assert alone.keys() == together.keys()
    for name, weight in alone.items():
        torch.testing.assert_close(together[name], weight, rtol=1e-4, atol=1e-5)
