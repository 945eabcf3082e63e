"""Rounds after the training of a run: made, measured, kept or dropped, and resumed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ratchet.contract import Method
from ratchet.storage import sha256_of
from ratchet_testing.valkey import free_port
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.on_policy.round import AnswerCounts
from trainer.domain.runs.child_messages import TrainingProgress, TrainingResult, TrainRequest
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.recipe import (
    JudgingRecipe,
    LoraRecipe,
    Recipe,
    RoundsRecipe,
    VariationRecipe,
)
from trainer.run import pipeline, rounds

from . import scripted_answers
from .conftest import built, captured, label
from .scripted_answers import ScriptedModel
from .test_varied_run import listed
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

LOOP = {"learning_rate": 1e-2, "epochs": 1, "gradient_checkpointing": False}
RECIPE = Recipe(
    device="cpu",
    precision="float32",
    lora=LoraRecipe(rank=4, dropout=0),
    dpo=DpoRecipe(batch=1, accumulation=2, **LOOP),
    kto=KtoRecipe(batch=2, accumulation=1, **LOOP),
    sft=SftRecipe(batch=2, accumulation=1, **LOOP),
    variation=VariationRecipe(questions=0),
    rounds=RoundsRecipe(most=2, questions=3, samples=2, measured=1),
    judging=JudgingRecipe(answer_tokens=2),
)
ORIGINS: dict[Method, Sequence[TrainingExample]] = {
    "dpo": [built(number) for number in range(5)],
    "kto": [label(number, good) for number in range(5) for good in (True, False)],
    "sft": [captured(number) for number in range(5)],
}
WEIGHTS = "adapter_model.safetensors"


class Stopped(Exception):
    """Stands for the kill of a process."""


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch):
    def install(*true: int, always_right: bool = False) -> ScriptedModel:
        model = ScriptedModel(*true, always_right=always_right)
        monkeypatch.setattr(rounds, "generate", model.answer)
        monkeypatch.setattr(rounds, "sampled", model.sample)
        return model

    return install


def request_for(
    directory: Path, tiny: Path, cache_dir: Path, method: Method, most: int = 2
) -> TrainRequest:
    examples = [listed(one) for one in ORIGINS[method]]
    held_out = [one for one in examples if one.question.key == "question-4"]
    train = [one for one in examples if one not in held_out]
    directory.mkdir(exist_ok=True)
    dataset = directory / "dataset.json"
    content = Dataset(method=method, train=tuple(train), held_out=tuple(held_out)).canonical()
    dataset.write_bytes(content)
    request = TrainRequest(
        run_id="run",
        method=method,
        dataset=dataset,
        recipe=RECIPE.model_copy(
            update={"rounds": RECIPE.rounds.model_copy(update={"most": most})}
        ),
        base_model=str(tiny),
        cache_dir=cache_dir,
        work_dir=directory / "work",
    )
    request.work_dir.mkdir()
    return request


def run(request: TrainRequest, stop_at: int | None = None) -> tuple[TrainingResult, list[int]]:
    """The result, and the steps of the training that were reported."""
    steps: list[int] = []

    def report(message: object) -> None:
        if isinstance(message, TrainingProgress) and message.loss is not None:
            steps.append(message.step)
            if message.step == stop_at:
                raise Stopped

    trained = pipeline.run(request, report)
    assert isinstance(trained, TrainingResult)
    return trained, steps


@pytest.mark.parametrize("method", ["dpo", "kto", "sft"])
def test_a_round_that_helps_is_kept_and_the_first_that_does_not_is_dropped(
    method: Method, tiny: Path, cache_dir: Path, tmp_path: Path, scripted
):
    model = scripted(0, 1, 1)
    request = request_for(tmp_path, tiny, cache_dir, method)
    trained, steps = run(request)

    first, second = trained.rounds
    counts = [AnswerCounts(asked=1, true=true, untrue=0) for true in (0, 1, 1)]
    assert (first.before, first.after) == (counts[0], counts[1])
    assert (second.before, second.after) == (counts[1], counts[2])
    assert (first.is_kept, second.is_kept) == (True, False)
    assert (first.questions, first.pairs) == (3, 3)
    assert "on-policy round 1: 3 pairs of 3 questions" in trained.remark

    work = request.work_dir
    before, kept = (sha256_of(work / f"round-{number}/start" / WEIGHTS) for number in (1, 2))
    assert sha256_of(trained.adapter / WEIGHTS) == kept != before
    assert steps == list(range(1, len(steps) + 1))
    assert [point.step for point in trained.curve] == steps[:-2], "the dropped round has two steps"

    assert model.measured[0] == model.measured[1] == model.measured[2]
    asked = {prompt for prompts in model.sampled for prompt in prompts}
    assert asked.isdisjoint(model.measured[0])
    held_out = {case.prompt for case in trained.held_out}
    assert held_out.isdisjoint(asked | set(model.measured[0]))


def test_a_run_that_was_killed_in_a_round_gives_the_same_bytes_and_answers_nothing_again(
    tiny: Path, cache_dir: Path, tmp_path: Path, scripted
):
    scripted(0, 1)
    undisturbed, steps = run(request_for(tmp_path / "undisturbed", tiny, cache_dir, "dpo", most=1))
    killed = request_for(tmp_path / "killed", tiny, cache_dir, "dpo", most=1)
    model = scripted(0, 1)
    with pytest.raises(Stopped):
        run(killed, steps[-1])
    resumed, again = run(killed)
    assert again == steps[-1:], "the round has two steps, with a checkpoint after each"
    assert (len(model.measured), len(model.sampled)) == (2, 1)
    assert resumed.rounds == undisturbed.rounds
    assert resumed.rounds[0].is_kept
    assert sha256_of(resumed.adapter / WEIGHTS) == sha256_of(undisturbed.adapter / WEIGHTS)
    assert resumed.curve == undisturbed.curve


def test_a_model_that_is_always_right_has_nothing_to_learn_from(
    tiny: Path, cache_dir: Path, tmp_path: Path, scripted
):
    model = scripted(1, always_right=True)
    trained, _ = run(request_for(tmp_path, tiny, cache_dir, "dpo"))
    [one] = trained.rounds
    assert (one.pairs, one.after, one.is_kept) == (0, None, False)
    assert len(model.measured) == len(model.sampled) == 1


def test_two_processes_make_the_rounds_together(tiny: Path, cache_dir: Path, tmp_path: Path):
    request = request_for(tmp_path, tiny, cache_dir, "dpo")
    content = request.model_dump_json().encode()
    port = str(free_port())
    processes = [
        subprocess.Popen(
            [sys.executable, scripted_answers.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
            },
        )
        for rank in (0, 1)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(content)
        process.stdin.close()
    assert [process.wait(timeout=500) for process in processes] == [0, 0]
    trained = TrainingResult.model_validate_json(request.result.read_bytes())
    assert [one.is_kept for one in trained.rounds] == [True, False]
    kept = request.work_dir / "round-2/start" / WEIGHTS
    assert sha256_of(trained.adapter / WEIGHTS) == sha256_of(kept)
