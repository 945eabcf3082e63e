"""The loop: plans what is ready, ends each run once, and starts again where it was killed."""

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
from ratchet.models import AdapterManifest
from ratchet_testing.deliveries import delivered
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.examples.dataset import Dataset
from trainer.handlers import TrainerHandlers
from trainer.status import TrainerStatus
from trainer.training.outbox_relay import OutboxRelay

from .conftest import NOW, PretendRunner, built, judged
from .world import Killed, World

BETTER = judged(0.9, 0.6, 1.0)
SAME = judged(0.7, 0.1, 1.0)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


async def test_an_accepted_run_is_told_from_start_to_checkpoint(world: World):
    runner = PretendRunner(BETTER)
    await world.training(runner).turn()
    (started,) = world.published(RunStarted)
    (finished,) = world.published(RunFinished)
    (checkpoint,) = world.published(CheckpointReady)
    assert (started.pairs, started.held_out) == (15, 5)
    assert "held out by device types and phrasings" in started.reason
    assert finished.verdict == "accepted"
    assert finished.gains["grounded_accuracy"].low > 0
    assert started.run_id == finished.run_id == checkpoint.run_id
    assert world.waiting() == 0
    assert runner.cleaned


async def test_the_manifest_names_what_the_adapter_came_from(world: World):
    await world.training(PretendRunner(BETTER)).turn()
    (checkpoint,) = world.published(CheckpointReady)
    path = world.artifacts.verified(checkpoint.manifest)
    manifest = AdapterManifest.model_validate_json(path.read_bytes())
    (started,) = world.published(RunStarted)
    assert manifest.dataset_sha256 == started.dataset_sha256
    assert manifest.example_ids == started.example_ids
    assert set(manifest.example_ids) == {f"example-{n:04d}" for n in range(20)}
    assert manifest.references is not None
    assert world.artifacts.verified(manifest.references).read_bytes() == b"references"
    assert manifest.settings["dpo.beta"] == 0.1
    assert (manifest.method, manifest.base_revision) == ("dpo", "a release")
    assert (manifest.parent, manifest.champion) == (None, None)
    assert manifest.figures.held_out["grounded_accuracy"].mean == pytest.approx(0.5)
    weights = world.artifacts.verified(manifest.files["adapter_model.safetensors"])
    assert weights.read_bytes() == b"weights"


async def test_a_refused_run_leaves_no_checkpoint_and_consumes_its_pairs(world: World):
    await world.training(PretendRunner(SAME)).turn()
    (finished,) = world.published(RunFinished)
    assert finished.verdict == "refused"
    assert "no credible gain" in finished.reason
    assert world.published(CheckpointReady) == []
    assert world.waiting() == 0


async def test_the_next_run_goes_on_from_the_champion(world: World):
    world.settings = world.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    await world.training(PretendRunner(BETTER)).turn()
    world.examples.keep(delivered([built(number) for number in range(20, 45)]))
    runner = PretendRunner(SAME)
    await world.training(runner).turn()
    (request,) = runner.requests
    assert runner.champions == [b"weights"]
    assert not request.afresh


async def test_lineage_leads_from_a_model_to_the_one_it_grew_from(world: World):
    world.settings = world.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    for first in (0, 20):
        world.examples.keep(delivered([built(number) for number in range(first, first + 20)]))
        await world.training(PretendRunner(BETTER)).turn()
    parent, child = (event.manifest for event in world.published(CheckpointReady))
    content = world.artifacts.verified(child).read_bytes()
    assert AdapterManifest.model_validate_json(content).parent == parent


async def test_nothing_is_planned_while_it_cools_down(world: World):
    training = world.training(PretendRunner(SAME))
    await training.turn()
    world.examples.keep(delivered([built(number) for number in range(20, 60)]))
    await training.turn()
    assert len(world.published(RunFinished)) == 1
    assert "cool-down" in training.planner.decision.reason


async def test_a_request_starts_a_run_now(world: World):
    training = world.training(PretendRunner(SAME))
    await training.turn()
    world.examples.keep(delivered([built(number) for number in range(20, 30)]))
    handlers = TrainerHandlers(world.examples, world.examples, world.models)
    request = TrainingRequested(event_id="request-1", occurred_at=NOW, requested_by="anna")
    await handlers.handle_requests(delivered([request, request]), MemoryState())
    await training.turn()
    assert [event.reason[:4] for event in world.published(RunStarted)] == ["20 p", "anna"]
    await training.turn()
    assert len(world.published(RunStarted)) == 2


async def test_a_broken_attempt_is_tried_again_as_the_same_run(world: World):
    runner = PretendRunner(BETTER, breaks=2)
    training = world.training(runner)
    for _ in range(3):
        await training.turn()
    assert len({request.run_id for request in runner.requests}) == 1
    assert [event.verdict for event in world.published(RunFinished)] == ["accepted"]


async def test_a_run_that_always_breaks_fails_with_its_reason_and_keeps_its_pairs(world: World):
    runner = PretendRunner(BETTER, breaks=99)
    training = world.training(runner)
    for _ in range(5):
        await training.turn()
    (finished,) = world.published(RunFinished)
    assert finished.verdict == "failed"
    assert finished.reason == "gave up after 3 attempts: out of memory"
    assert world.waiting() == 20
    assert "cool-down" in training.planner.decision.reason


async def test_pairs_of_one_question_wait_for_others(world: World, engine: Engine, tmp_path: Path):
    alike = [
        event.model_copy(update={"question": built(0).question})
        for event in (built(number, revision=2) for number in range(20))
    ]
    world.examples.keep(delivered(alike))
    training = world.training(PretendRunner(BETTER))
    await training.turn()
    assert world.publisher.events == []
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
async def test_killed_at_any_moment_ends_as_if_it_had_not_been(
    world: World, engine: Engine, at: str, committed: bool
):
    with pytest.raises(Killed):
        dying = world.training(
            PretendRunner(BETTER),
            runs=DyingRuns(engine, world.files, at, committed),
            relay=OutboxRelay(
                DyingOutbox(engine, committed) if at == "published" else world.outbox,
                world.publisher,
            ),
        )
        await dying.turn()
    runner = PretendRunner(BETTER)
    restarted = world.training(runner)
    await restarted.turn()
    await restarted.turn()
    assert runner.cleaned, "whichever process ended the run"
    assert len(world.published(RunStarted)) == 1
    assert [event.verdict for event in world.published(RunFinished)] == ["accepted"]
    assert len(world.published(CheckpointReady)) == 1
    assert world.waiting() == 0


class DyingFiles(RunFiles):
    """Dies once, right before or right after the dataset is stored."""

    stored = False

    def store_dataset(self, *arguments: Any) -> Any:
        if self.stored:
            super().store_dataset(*arguments)
        raise Killed


@pytest.mark.parametrize("stored", [False, True])
async def test_killed_around_the_storing_of_a_dataset_the_run_keeps_it(
    world: World, engine: Engine, stored: bool
):
    dying = DyingFiles(world.settings.data_dir / "runs", world.artifacts, PACKAGED)
    dying.stored = stored
    with pytest.raises(Killed):
        await world.training(PretendRunner(BETTER), runs=SqlRunStore(engine, dying)).turn()
    world.examples.keep([built(number) for number in range(20, 40)])
    await world.training(PretendRunner(BETTER)).turn()
    [started] = world.published(RunStarted)
    assert len(started.example_ids) == 20
    assert world.verdicts() == ["accepted"]
    assert world.waiting() == 20


async def test_a_server_that_came_back_older_hears_of_the_run_again_and_another_does_not(
    world: World,
):
    await world.training(PretendRunner(BETTER)).turn()
    older = MemoryPublisher()
    for publisher in (older, older, world.publisher):
        started_again = OutboxRelay(world.outbox, publisher)
        await started_again.republish_recent()
        await started_again.publish_due()
    told = [type(event) for event in older.events]
    assert told == [RunStarted, RunFinished, CheckpointReady]
    assert len(world.published(RunFinished)) == len(world.published(CheckpointReady)) == 1


async def test_killed_while_training_the_same_data_is_trained_on_again(world: World):
    class Dying(PretendRunner):
        async def train(self, request, on_progress):
            await super().train(request, on_progress)
            raise Killed

    killed, restarted = Dying(BETTER), PretendRunner(BETTER)
    with pytest.raises(Killed):
        await world.training(killed).turn()
    world.examples.keep(delivered([built(number) for number in range(20, 40)]))
    await world.training(restarted).turn()
    assert killed.requests == restarted.requests
    (finished,) = world.published(RunFinished)
    (started,) = world.published(RunStarted)
    used = Dataset.model_validate_json(restarted.requests[0].dataset.read_bytes())
    assert used.sha256 == started.dataset_sha256
    assert finished.run_id == started.run_id
    assert world.waiting() == 20


async def test_status_says_what_is_waited_for(world: World):
    training = world.training(PretendRunner(SAME))
    await training.turn()
    facts = await TrainerStatus(training).facts()
    assert {method: of["count"] for method, of in facts["waiting"].items()} == {
        "dpo": 0,
        "kto": 0,
        "sft": 0,
    }
    await training.turn()
    assert (await TrainerStatus(training).facts())["lacking"]["dpo"] == 20
    assert facts["trouble"] is None
    assert facts["running"] is None
    assert facts["runs"] == {"refused": 1}
    assert facts["last_verdict"]["verdict"] == "refused"
    assert facts["champion"] == "base"
    assert facts["champion_because"] == "no adapter of this base is in service"


async def test_the_status_is_what_ingest_reads_for_the_page(world: World):
    training = world.training(PretendRunner(SAME))
    await training.turn()
    facts = TrainerFacts.model_validate(await TrainerStatus(training).facts())
    assert facts.of("dpo").minimum == training.settings.trainer_min_pairs
    assert facts.running is facts.running_method is facts.trouble is None
