"""Examples that a run left out are reported, are not used up, and start no further run."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ratchet.contract import CheckpointReady, ForgetRequested, RunFinished, RunStarted
from ratchet.storage import ArtifactMissing
from ratchet_models import AdapterManifest
from ratchet_testing.deliveries import delivered
from trainer.backends.run_process.child_run import TrainingImpossible
from trainer.backends.sql.erasure import TrainerErasure
from trainer.backends.sql.tables import run_examples, runs
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.fit import LeftOut
from trainer.domain.runs.child_messages import RunImpossible, TrainingResult, TrainRequest
from trainer.domain.runs.loop_recipes import DpoRecipe
from trainer.domain.runs.run import Run

from .conftest import NOW, FakeRunner, built, judged
from .harness import TrainerHarness

BETTER = judged(0.9, 0.6, 1.0)
REASON = "too few examples to train on; left out: 20 prompt too long: raise max_length"


class Choosy(FakeRunner):
    """Leaves out the first two examples to train on, and one whose thinking is too long."""

    async def train(self, request: TrainRequest, on_progress) -> TrainingResult:
        trained = await super().train(request, on_progress)
        dataset = Dataset.model_validate_json(request.dataset.read_bytes())
        self.left = tuple(example.example_id for example in dataset.train[:2])
        left_out = LeftOut(examples={"prompt_too_long": self.left}, without_thinking=1)
        return trained.model_copy(
            update={"left_out": left_out, "taught": len(dataset.train) - len(self.left)}
        )


class Unable(FakeRunner):
    """Leaves out everything."""

    async def train(self, request: TrainRequest, on_progress) -> TrainingResult:
        self.requests.append(request)
        dataset = Dataset.model_validate_json(request.dataset.read_bytes())
        left_out = LeftOut(examples={"prompt_too_long": dataset.example_ids})
        raise TrainingImpossible(RunImpossible(reason=REASON, left_out=left_out))


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    made = TrainerHarness(engine, tmp_path, trainer_cooldown_s=0.0)
    made.pairs_come(0, 20)
    return made


async def test_left_out_examples_are_in_the_report_and_not_in_the_lineage(
    harness: TrainerHarness, engine: Engine
):
    runner = Choosy(BETTER)
    await harness.training(runner).turn()
    [started], [finished] = harness.published(RunStarted), harness.published(RunFinished)
    assert finished.left_out == {"prompt_too_long": runner.left}
    assert finished.pairs == started.pairs - 2
    assert finished.reason.endswith("; left out: 2 prompt too long, 1 thinking too long")
    [checkpoint] = harness.published(CheckpointReady)
    content = harness.artifacts.verified(checkpoint.manifest).read_bytes()
    learned = AdapterManifest.model_validate_json(content).example_ids
    assert set(learned) == set(started.example_ids) - set(runner.left)
    with engine.connect() as connection:
        roles = dict(
            connection.execute(select(run_examples.c.example_id, run_examples.c.role)).all()
        )
    assert {name for name, role in roles.items() if role == "left_out"} == set(runner.left)
    assert len(roles) == 20, "an erasure of any example finds the dataset"


async def test_an_erasure_of_a_left_out_example_removes_the_dataset(
    harness: TrainerHarness, engine: Engine
):
    runner = Choosy(BETTER)
    await harness.training(runner).turn()
    run = Run.model_validate_json(stored_plan(engine))
    assert harness.artifacts.path(run.dataset.artifact).exists()
    request = ForgetRequested(
        event_id="forget-01",
        occurred_at=NOW,
        requested_by="anna",
        query_ids=(f"query-{int(runner.left[0][-4:])}",),
    )
    TrainerErasure(engine, harness.artifacts, harness.settings.data_dir / "runs").erase(request)
    with pytest.raises(ArtifactMissing):
        harness.artifacts.path(run.dataset.artifact)


def stored_plan(engine: Engine) -> str:
    with engine.connect() as connection:
        return connection.execute(select(runs.c.plan)).scalar_one()


async def test_left_out_examples_are_counted(harness: TrainerHarness):
    await harness.training(Choosy(BETTER)).turn()
    name = "ratchet_training_examples_left_out_total"
    counts = [
        harness.metrics.get_sample_value(name, {"reason": reason})
        for reason in ("prompt_too_long", "thinking_too_long")
    ]
    assert counts == [2, 1]


async def test_left_out_examples_wait_again_only_with_another_length_or_base(
    harness: TrainerHarness,
):
    await harness.training(Choosy(BETTER)).turn()
    assert harness.examples.waiting(harness.settings.fits)["dpo"].count == 0
    for changed in (
        {"trainer_dpo": DpoRecipe(max_length=4096)},
        {"trainer_base_model": "another base"},
    ):
        other = TrainerHarness(harness.runs._engine, harness.settings.data_dir, **changed)
        assert other.examples.waiting(other.settings.fits)["dpo"].count == 2
        assert len(other.examples.take("dpo", {"voice": 99}, other.settings.fits)) == 2


async def test_a_run_without_any_fitting_example_fails_once_with_the_remedy(
    harness: TrainerHarness,
):
    runner = Unable(BETTER)
    training = harness.training(runner)
    for _ in range(3):
        await training.turn()
    [finished] = harness.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("failed", REASON)
    assert len(finished.left_out["prompt_too_long"]) == 20
    assert len(runner.requests) == 1
    harness.examples.keep(delivered([built(20)]))
    await training.turn()
    assert len(runner.requests) == 1, "one new pair starts no run with those left out"
