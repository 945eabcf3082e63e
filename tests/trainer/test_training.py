"""The training loop plans runs, ends each once, and resumes after a kill."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ingest.domain.command_center.trainer_facts import TrainerFacts
from ratchet.contract import (
    CheckpointReady,
    RunFinished,
    RunStarted,
    TrainingRequested,
)
from ratchet_models import AdapterManifest
from ratchet_testing.deliveries import delivered
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.examples.dataset import Dataset
from trainer.handlers import TrainerHandlers
from trainer.status import training_facts
from trainer.training.outbox_relay import OutboxRelay

from .case_scores import shows
from .conftest import NOW, FakeRunner, built, judged
from .harness import Killed, TrainerHarness

BETTER = judged(0.9, 0.6, 1.0)
SAME = judged(0.7, 0.1, 1.0)


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    made = TrainerHarness(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


async def test_an_accepted_run_publishes_events_from_start_to_checkpoint(harness: TrainerHarness):
    runner = FakeRunner(BETTER)
    await harness.training(runner).turn()
    (started,) = harness.published(RunStarted)
    (finished,) = harness.published(RunFinished)
    (checkpoint,) = harness.published(CheckpointReady)
    assert (started.pairs, started.held_out) == (15, 5)
    assert "held out by device types and phrasings" in started.reason
    assert finished.verdict == "accepted"
    assert finished.gains["grounded_accuracy"].low > 0
    assert started.run_id == finished.run_id == checkpoint.run_id
    assert harness.waiting() == 0
    assert list((harness.settings.data_dir / "runs").glob("*")) == []


async def test_the_manifest_names_the_inputs_of_the_adapter(harness: TrainerHarness):
    await harness.training(FakeRunner(BETTER)).turn()
    (checkpoint,) = harness.published(CheckpointReady)
    path = harness.artifacts.verified(checkpoint.manifest)
    manifest = AdapterManifest.model_validate_json(path.read_bytes())
    (started,) = harness.published(RunStarted)
    assert manifest.dataset_sha256 == started.dataset_sha256
    assert manifest.example_ids == started.example_ids
    assert set(manifest.example_ids) == {f"example-{n:04d}" for n in range(20)}
    assert manifest.references is not None
    assert harness.artifacts.verified(manifest.references).read_bytes() == b"references"
    assert manifest.settings["dpo.beta"] == 0.1
    assert (manifest.method, manifest.base_revision) == ("dpo", "a release")
    assert (manifest.parent, manifest.champion) == (None, None)
    assert manifest.figures.held_out["grounded_accuracy"].mean == pytest.approx(0.5)
    weights = harness.artifacts.verified(manifest.files["adapter_model.safetensors"])
    assert weights.read_bytes() == b"weights"


async def test_a_refused_run_leaves_no_checkpoint_and_consumes_its_pairs(harness: TrainerHarness):
    await harness.training(FakeRunner(SAME)).turn()
    (finished,) = harness.published(RunFinished)
    assert finished.verdict == "refused"
    assert "no credible gain" in finished.reason
    assert harness.published(CheckpointReady) == []
    assert harness.waiting() == 0


async def test_a_challenger_is_compared_with_the_base_too(harness: TrainerHarness):
    truer_base = partial(shows, untrue=0.1)
    await harness.training(FakeRunner(BETTER, base=truer_base)).turn()
    (finished,) = harness.published(RunFinished)
    assert finished.verdict == "refused"
    assert "more answers are untrue than with the base: untrue +0.30" in finished.reason
    assert finished.figures is not None
    assert finished.figures.over_base["untrue"].mean == pytest.approx(0.3)
    shown = {"measure": "untrue", "bound": "mean"}
    value = harness.metrics.get_sample_value("ratchet_training_gate_gain_over_base", shown)
    assert value == pytest.approx(0.3)


async def test_a_run_whose_evaluation_ended_early_is_refused_for_that(harness: TrainerHarness):
    rules = GateRules(max_fault_rise=0.1)
    harness.settings = harness.settings.model_copy(update={"trainer_gate": rules})
    runner = FakeRunner(BETTER, ended_early="certain after 3 of 5 spoken answers")
    await harness.training(runner).turn()
    (finished,) = harness.published(RunFinished)
    assert finished.verdict == "refused"
    assert finished.reason.startswith("certain after 3 of 5 spoken answers")
    [request] = runner.requests
    assert request.gate == rules


async def test_the_next_run_continues_from_the_champion(harness: TrainerHarness):
    harness.settings = harness.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    await harness.training(FakeRunner(BETTER)).turn()
    harness.examples.keep(delivered([built(number) for number in range(20, 45)]))
    runner = FakeRunner(SAME)
    await harness.training(runner).turn()
    (request,) = runner.requests
    assert runner.champions == [b"weights"]
    assert not request.afresh


async def test_a_manifest_names_the_parent_adapter(harness: TrainerHarness):
    harness.settings = harness.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    for first in (0, 20):
        harness.examples.keep(delivered([built(number) for number in range(first, first + 20)]))
        await harness.training(FakeRunner(BETTER)).turn()
    parent, child = (event.manifest for event in harness.published(CheckpointReady))
    content = harness.artifacts.verified(child).read_bytes()
    assert AdapterManifest.model_validate_json(content).parent == parent


async def test_nothing_is_planned_while_it_cools_down(harness: TrainerHarness):
    training = harness.training(FakeRunner(SAME))
    await training.turn()
    harness.examples.keep(delivered([built(number) for number in range(20, 60)]))
    await training.turn()
    assert len(harness.published(RunFinished)) == 1
    assert "cool-down" in training.planner.decision.reason


async def test_a_request_starts_a_run_now(harness: TrainerHarness):
    training = harness.training(FakeRunner(SAME))
    await training.turn()
    harness.examples.keep(delivered([built(number) for number in range(20, 30)]))
    handlers = TrainerHandlers(harness.examples, harness.models)
    request = TrainingRequested(event_id="request-1", occurred_at=NOW, requested_by="anna")
    await handlers.handle_requests(delivered([request, request]), MemoryState())
    await training.turn()
    assert [event.reason[:4] for event in harness.published(RunStarted)] == ["20 p", "anna"]
    await training.turn()
    assert len(harness.published(RunStarted)) == 2


async def test_a_broken_attempt_is_repeated_as_the_same_run(harness: TrainerHarness):
    runner = FakeRunner(BETTER, breaks=2)
    training = harness.training(runner)
    for _ in range(3):
        await training.turn()
    assert len({request.run_id for request in runner.requests}) == 1
    assert [event.verdict for event in harness.published(RunFinished)] == ["accepted"]


async def test_a_run_that_always_breaks_fails_with_its_reason_and_keeps_its_pairs(
    harness: TrainerHarness,
):
    runner = FakeRunner(BETTER, breaks=99)
    training = harness.training(runner)
    for _ in range(5):
        await training.turn()
    (finished,) = harness.published(RunFinished)
    assert finished.verdict == "failed"
    assert finished.reason == "gave up after 3 attempts: out of memory"
    assert harness.waiting() == 20
    assert "cool-down" in training.planner.decision.reason


async def test_pairs_of_one_question_wait_for_others(
    harness: TrainerHarness, engine: Engine, tmp_path: Path
):
    alike = [
        event.model_copy(update={"question": built(0).question})
        for event in (built(number, revision=2) for number in range(20))
    ]
    harness.examples.keep(delivered(alike))
    training = harness.training(FakeRunner(BETTER))
    await training.turn()
    assert harness.publisher.events == []
    assert "the same question" in training.planner.decision.reason


class DyingRuns(SqlRunStore):
    """Dies once, right before or right after the named change is committed."""

    def __init__(self, engine: Engine, files: RunFiles, at: str, committed: bool) -> None:
        super().__init__(engine, files)
        self._at, self._committed = at, committed

    def plan(self, *arguments: Any) -> None:
        self._die("plan", lambda: super(DyingRuns, self).plan(*arguments))

    def finish(self, *arguments: Any) -> None:
        self._die("finish", lambda: super(DyingRuns, self).finish(*arguments))

    def _die(self, here: str, change: Any) -> None:
        if here != self._at or self._committed:
            change()
        if here == self._at:
            raise Killed


class DyingOutbox(SqlOutbox):
    """Dies once, right before or right after the first event is marked as published."""

    def __init__(self, engine: Engine, committed: bool) -> None:
        super().__init__(engine)
        self._committed = committed

    def mark_published(self, event_id: str) -> None:
        if self._committed:
            super().mark_published(event_id)
        raise Killed


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", ["plan", "finish", "published"])
async def test_a_kill_at_any_moment_changes_no_result(
    harness: TrainerHarness, engine: Engine, at: str, committed: bool
):
    with pytest.raises(Killed):
        dying = harness.training(
            FakeRunner(BETTER),
            runs=DyingRuns(engine, harness.files, at, committed),
            relay=OutboxRelay(
                DyingOutbox(engine, committed) if at == "published" else harness.outbox,
                harness.publisher,
            ),
        )
        await dying.turn()
    runner = FakeRunner(BETTER)
    restarted = harness.training(runner)
    await restarted.turn()
    await restarted.turn()
    left = list((harness.settings.data_dir / "runs").glob("*"))
    assert left == [], "whichever process ended the run"
    assert len(harness.published(RunStarted)) == 1
    assert [event.verdict for event in harness.published(RunFinished)] == ["accepted"]
    assert len(harness.published(CheckpointReady)) == 1
    assert harness.waiting() == 0


class DyingFiles(RunFiles):
    """Dies once, right before or right after the dataset is stored."""

    stored = False

    def store_dataset(self, *arguments: Any) -> Any:
        if self.stored:
            super().store_dataset(*arguments)
        raise Killed


@pytest.mark.parametrize("stored", [False, True])
async def test_a_kill_around_the_storing_of_a_dataset_loses_nothing(
    harness: TrainerHarness, engine: Engine, stored: bool
):
    dying = DyingFiles(harness.settings.data_dir / "runs", harness.artifacts, PACKAGED)
    dying.stored = stored
    with pytest.raises(Killed):
        await harness.training(FakeRunner(BETTER), runs=SqlRunStore(engine, dying)).turn()
    harness.examples.keep(delivered([built(number) for number in range(20, 40)]))
    await harness.training(FakeRunner(BETTER)).turn()
    [started] = harness.published(RunStarted)
    assert len(started.example_ids) == 20
    assert harness.verdicts() == ["accepted"]
    assert harness.waiting() == 20


async def test_a_restored_server_gets_recent_events_again_and_another_ignores_them(
    harness: TrainerHarness,
):
    await harness.training(FakeRunner(BETTER)).turn()
    older = MemoryPublisher()
    for publisher in (older, older, harness.publisher):
        started_again = OutboxRelay(harness.outbox, publisher)
        await started_again.republish_recent()
        await started_again.publish_due()
    told = [type(event) for event in older.events]
    assert told == [RunStarted, RunFinished, CheckpointReady]
    assert len(harness.published(RunFinished)) == len(harness.published(CheckpointReady)) == 1


async def test_a_run_killed_while_training_resumes_with_the_same_dataset(harness: TrainerHarness):
    class Dying(FakeRunner):
        async def train(self, request, on_progress):
            await super().train(request, on_progress)
            raise Killed

    killed, restarted = Dying(BETTER), FakeRunner(BETTER)
    with pytest.raises(Killed):
        await harness.training(killed).turn()
    harness.examples.keep(delivered([built(number) for number in range(20, 40)]))
    await harness.training(restarted).turn()
    assert killed.requests == restarted.requests
    (finished,) = harness.published(RunFinished)
    (started,) = harness.published(RunStarted)
    used = Dataset.model_validate_json(restarted.requests[0].dataset.read_bytes())
    assert used.sha256 == started.dataset_sha256
    assert finished.run_id == started.run_id
    assert harness.waiting() == 20


async def test_status_shows_the_waiting_examples_and_the_last_verdict(harness: TrainerHarness):
    training = harness.training(FakeRunner(SAME))
    await training.turn()
    facts = await training_facts(training)
    assert {method: of["count"] for method, of in facts["waiting"].items()} == {
        "dpo": 0,
        "kto": 0,
        "sft": 0,
    }
    await training.turn()
    assert (await training_facts(training))["lacking"]["dpo"] == 20
    assert facts["trouble"] is None
    assert facts["running"] is None
    assert facts["runs"] == {"refused": 1}
    assert facts["last_verdict"]["verdict"] == "refused"
    assert facts["champion"] == "base"
    assert facts["champion_because"] == "no adapter of this base is in service"


async def test_the_status_is_what_ingest_reads_for_the_page(harness: TrainerHarness):
    training = harness.training(FakeRunner(SAME))
    await training.turn()
    facts = TrainerFacts.model_validate(await training_facts(training))
    assert facts.waiting["dpo"].minimum == training.settings.trainer_min_pairs
    assert facts.running is facts.running_method is facts.trouble is None
