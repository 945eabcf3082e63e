"""A run trains on copies with other facts; what it holds out, reports and uses up has none."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ratchet.contract import CheckpointReady, LabelBuilt, Method, PairBuilt, RunFinished
from ratchet.measures import voice_prompt
from ratchet_models import AdapterManifest
from ratchet_truth import RequestedReading
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.recipe import JudgingRecipe, LoraRecipe, Recipe, VariationRecipe
from trainer.run import pipeline

from .conftest import FakeRunner, built, captured, judged, label
from .harness import TrainerHarness
from .tiny_model import write_tiny_model

_LOOP = {"epochs": 1, "gradient_checkpointing": False}
RECIPE = Recipe(
    device="cpu",
    precision="float32",
    lora=LoraRecipe(rank=4, dropout=0),
    dpo=DpoRecipe(**_LOOP),
    kto=KtoRecipe(**_LOOP),
    sft=SftRecipe(**_LOOP),
    variation=VariationRecipe(questions=0, absent=0, copies=2),
    judging=JudgingRecipe(answer_tokens=2),
)


def listed(example: TrainingExample, **changed: str) -> TrainingExample:
    """The example with a prompt that lists its reading and asks its question."""
    asked = example.question.asked
    assert asked is not None
    rows = [
        RequestedReading(asked.equipment, asked.metric, asked.value, asked.unit),
        RequestedReading("pump 077", "power", 112.5, "kW"),
    ]
    prompt = voice_prompt(example.question.text, rows)
    return example.model_copy(update={"prompt": prompt, **changed})


UNTRUE = "It is at 999 kW right now."
DATASETS: dict[Method, tuple[Sequence[TrainingExample], Sequence[TrainingExample]]] = {
    "dpo": (
        [listed(built(0)), listed(built(1)), listed(built(2), chosen=UNTRUE)],
        [listed(built(3)), listed(built(4))],
    ),
    "kto": (
        [
            listed(label(0, True)),
            listed(label(1, True)),
            listed(label(1, False)),
            listed(label(2, True), answer=UNTRUE),
        ],
        [listed(label(3, True)), listed(label(3, False))],
    ),
    "sft": (
        [listed(captured(0)), listed(captured(1)), listed(captured(2), answer=UNTRUE)],
        [listed(captured(3))],
    ),
}


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[TrainingExample]]:
    """What each training was given."""
    found: list[Sequence[TrainingExample]] = []
    real = pipeline.training_method

    def recording(method: Method) -> Callable[..., Any]:
        def train(training: Any, examples: Sequence[TrainingExample]) -> Any:
            found.append(examples)
            return real(method)(training, examples)

        return train

    monkeypatch.setattr(pipeline, "training_method", recording)
    return found


def run(method: Method, tiny: Path, cache_dir: Path, directory: Path) -> TrainingResult:
    train, held_out = DATASETS[method]
    dataset = directory / "dataset.json"
    dataset.write_bytes(
        Dataset(method=method, train=tuple(train), held_out=tuple(held_out)).canonical()
    )
    request = TrainRequest(
        run_id="run",
        method=method,
        dataset=dataset,
        recipe=RECIPE,
        base_model=str(tiny),
        cache_dir=cache_dir,
        work_dir=directory / "work",
    )
    request.work_dir.mkdir()
    trained = pipeline.run(request, lambda _: None)
    assert isinstance(trained, TrainingResult)
    return trained


@pytest.mark.heavy
@pytest.mark.parametrize("method", ["dpo", "kto", "sft"])
def test_a_run_trains_on_copies_of_its_training_side_alone(
    method: Method,
    tiny: Path,
    cache_dir: Path,
    tmp_path: Path,
    lessons: list[Sequence[TrainingExample]],
):
    trained = run(method, tiny, cache_dir, tmp_path)
    train, held_out = DATASETS[method]
    [taught] = lessons
    untrue = train[-1].example_id
    assert trained.left_out.examples == {"untrue": (untrue,)}
    assert (trained.taught, trained.copies) == (len(train) - 1, 4)
    assert trained.remark == "; left out: 1 untrue; 4 copies with other facts"

    stored = Dataset(method=method, train=tuple(train[:-1]), held_out=()).train
    assert tuple(taught) == varied(stored, RECIPE.variation, RECIPE.seed).examples
    assert {one.example_id for one in taught} == {one.example_id for one in train[:-1]}
    copies = [one for one in taught if one.prompt not in {origin.prompt for origin in train}]
    assert len(copies) == (8 if method == "kto" else 4)
    assert {case.prompt for case in trained.held_out} == {one.prompt for one in held_out}
    assert not {one.prompt for one in held_out} & {one.prompt for one in taught}
    if method == "kto":
        signs = [one.desirable for one in copies if isinstance(one, LabelBuilt)]
        assert signs == [True, False] * 4
    if method == "dpo":
        assert all(isinstance(one, PairBuilt) and one.chosen != one.rejected for one in copies)


class Copying(FakeRunner):
    """Reports a run with copies of its examples."""

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        trained = await super().train(request, on_progress)
        dataset = Dataset.model_validate_json(request.dataset.read_bytes())
        return trained.model_copy(update={"taught": len(dataset.train), "copies": 45})


async def test_copies_are_in_the_report_and_the_manifest_and_count_as_no_examples(
    engine: Any, tmp_path: Path
):
    harness = TrainerHarness(engine, tmp_path)
    harness.pairs_come(0, 20)
    await harness.training(Copying(judged(0.9, 0.6, 1.0))).turn()
    [finished] = harness.published(RunFinished)
    assert finished.pairs == 15
    assert finished.reason.endswith("; 45 copies with other facts")
    [checkpoint] = harness.published(CheckpointReady)
    content = harness.artifacts.verified(checkpoint.manifest).read_bytes()
    manifest = AdapterManifest.model_validate_json(content)
    assert manifest.settings["copies"] == 45
    assert manifest.settings["variation.copies"] == 1
    assert len(manifest.example_ids) == len(set(manifest.example_ids)) == 20
    assert harness.waiting() == 0, "the originals are used up"
