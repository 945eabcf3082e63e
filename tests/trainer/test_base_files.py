"""A run waits for its base model: one that is not set, and one that is not here."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import RunStarted
from ratchet_models.base_models import BaseModelMissing, materialize
from trainer.backends.run_process.child_run import ChildRunner
from trainer.domain.runs.child_messages import BaseRequest
from trainer.domain.runs.readiness import TrainLater, decide
from trainer.domain.runs.situation import TrainingSituation
from trainer.settings import TrainerSettings
from trainer.status import training_facts
from trainer.training.base_files import NO_BASE, BaseFiles
from trainer.training.base_trials import BaseTrials
from trainer.training.loop import TrainingLoop

from .conftest import FakeRunner, judged
from .harness import TrainerHarness

AWAY = "the base model plant/base is not here and was not downloaded: the hub cannot be reached"


class Hub:
    """Where the files of a base are, unless `problem` says why not."""

    def __init__(self, problem: str | None = None) -> None:
        self.problem = problem
        self.requests: list[BaseRequest] = []

    async def fetch(self, request: BaseRequest) -> str | None:
        self.requests.append(request)
        return self.problem


def loop_of(harness: TrainerHarness, hub: Hub) -> tuple[TrainingLoop, FakeRunner]:
    runner = FakeRunner(judged(0.9, 0.9))
    training = harness.training(runner)
    training.planner.base = BaseFiles(harness.settings, hub.fetch)
    return training, runner


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("trainer.training.base_files.time.monotonic", lambda: now[0])
    return now


def test_no_base_model_is_trained_unless_one_is_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RATCHET_TRAINER_BASE_MODEL", raising=False)
    assert TrainerSettings().trainer_base_model == ""


async def test_without_a_base_model_examples_are_collected_and_no_run_starts(
    engine: Engine, tmp_path: Path
):
    harness, hub = TrainerHarness(engine, tmp_path), Hub()
    training, runner = loop_of(harness, hub)
    training.planner.trials = BaseTrials(harness.settings, None)  # type: ignore[arg-type]
    harness.pairs_come(0, 20)
    await training.turn()
    facts = await training_facts(training)
    assert facts["summary"] == facts["reason"] == NO_BASE
    assert (facts["trial"], facts["trouble"]) == (None, None)
    assert harness.waiting() == 20
    assert (runner.requests, hub.requests, harness.published(RunStarted)) == ([], [], [])


async def test_a_base_that_is_away_is_a_reason_to_wait_and_no_attempt(
    engine: Engine, tmp_path: Path, clock: list[float]
):
    harness = TrainerHarness(engine, tmp_path, trainer_base_model="plant/base")
    hub = Hub(AWAY)
    training, runner = loop_of(harness, hub)
    harness.pairs_come(0, 20)
    for _ in range(5):
        await training.turn()
    assert len(hub.requests) == 1, "it is asked for again after a minute"
    assert (await training_facts(training))["summary"] == AWAY
    assert training.planner.decision.reason == AWAY
    assert harness.published(RunStarted) == []
    hub.problem = None
    clock[0] += 60
    await training.turn()
    assert harness.verdicts() == ["accepted"]
    assert len(runner.requests) == 1


async def test_nothing_is_fetched_before_a_run_needs_it(engine: Engine, tmp_path: Path):
    harness, hub = TrainerHarness(engine, tmp_path, trainer_base_model="plant/base"), Hub()
    training, _ = loop_of(harness, hub)
    harness.pairs_come(0, 9)
    await training.turn()
    assert hub.requests == []
    assert training.planner.decision.reason.startswith("9 pairs of 20 wait")


async def test_a_run_that_was_interrupted_waits_for_its_base_too(
    engine: Engine, tmp_path: Path, clock: list[float]
):
    harness = TrainerHarness(engine, tmp_path, trainer_base_model="plant/base")
    harness.pairs_come(0, 20)
    harness.training(FakeRunner(judged(0.9, 0.9))).planner.open_run()
    hub = Hub(AWAY)
    training, runner = loop_of(harness, hub)
    await training.turn()
    assert runner.requests == []
    assert (await training_facts(training))["summary"] == AWAY
    hub.problem = None
    clock[0] += 60
    await training.turn()
    assert harness.verdicts() == ["accepted"]


def test_a_request_for_a_run_names_the_missing_base_too():
    now = TrainingSituation(waiting={}, requested_by="anna", base_obstacle=NO_BASE)
    decision = decide(now, TrainerSettings().rules)
    assert isinstance(decision, TrainLater)
    assert decision.reason == f"anna requested a run, but {NO_BASE}"


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ("no such model", "neither a directory nor a Hugging Face id"),
        ("{}", "is not complete: {} has no *.safetensors"),
    ],
)
async def test_the_fetching_process_ends_with_one_sentence(
    base: str, sentence: str, tmp_path: Path
):
    request = BaseRequest(base_model=base.format(tmp_path), cache_dir=tmp_path / "cache")
    problem = await ChildRunner().fetch_base(request)
    assert problem is not None
    assert sentence.format(tmp_path) in problem
    assert "Traceback" not in problem


def refused(error: Exception, monkeypatch: pytest.MonkeyPatch, cache: Path) -> str:
    def download(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(BaseModelMissing) as missing:
        materialize("plant/base", cache)
    return str(missing.value)


def test_a_hub_out_of_reach_and_a_full_disk_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    import httpx

    offline = httpx.ConnectError("[Errno -2] Name or service not known")
    assert "Name or service not known" in refused(offline, monkeypatch, tmp_path)
    full = OSError(28, "No space left on device")
    assert "No space left on device" in refused(full, monkeypatch, tmp_path)


def test_a_half_copied_base_is_not_complete(tmp_path: Path):
    parts = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
    index = {"weight_map": {"a": parts[0], "b": parts[1]}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / parts[0]).write_bytes(b"")
    with pytest.raises(BaseModelMissing, match=f"has no {parts[1]}"):
        materialize(str(tmp_path), tmp_path)
    (tmp_path / parts[1]).write_bytes(b"")
    assert materialize(str(tmp_path), tmp_path) == tmp_path
