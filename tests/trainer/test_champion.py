"""The champion is the adapter in service, in whatever order the exporter's events arrive."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import (
    ArtifactRef,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    ModelRolledBack,
    Parity,
)
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState
from trainer.domain.runs.champion import Champion, Checkpoint, ModelEvent, champion
from trainer.handlers import TrainerHandlers

from .conftest import NOW, FakeRunner, judged
from .harness import TrainerHarness


def manifest(run: str) -> ArtifactRef:
    return ArtifactRef(sha256=run * 64, size=1, name="manifest.json")


def checkpoints(runs: str) -> list[Checkpoint]:
    return [Checkpoint(run, manifest(run)) for run in runs]


def registered(run: str) -> ModelRegistered:
    return ModelRegistered(
        event_id=f"registered-{run}",
        occurred_at=NOW,
        run_id=run,
        name="m",
        version=f"v-{run}",
        registry="local",
        quantization="q8_0",
        gguf=ArtifactRef(sha256="0" * 64, size=1, name="model.gguf"),
        parity=Parity(top1=1.0, kl=0.0, tokens=1, template_equal=True),
        smoke_answer="21 °C.",
        seconds=1.0,
    )


def activated(run: str, minute: int) -> ModelActivated:
    at = NOW + timedelta(minutes=minute)
    return ModelActivated(
        event_id=f"activated-{minute}", occurred_at=at, name="m", version=f"v-{run}"
    )


def rolled_back(run: str, previous: str, minute: int) -> ModelRolledBack:
    return ModelRolledBack(
        event_id=f"rolled-back-{minute}",
        occurred_at=NOW + timedelta(minutes=minute),
        name="m",
        version=f"v-{run}",
        previous=f"v-{previous}",
        requested_by="ben",
        reason="worse on chillers",
    )


def refused(run: str) -> ModelRefused:
    return ModelRefused(event_id=f"refused-{run}", occurred_at=NOW, run_id=run, reason="too far")


def run_of(result: Champion) -> str | None:
    return result.manifest.sha256[0] if result.manifest else None


ONE_AND_TWO = [registered("1"), activated("1", 1), registered("2"), activated("2", 2)]


@pytest.mark.parametrize(
    ("accepted", "told", "run"),
    [
        ("", [], None),
        ("1", [], "1"),
        ("12", ONE_AND_TWO[:2], "2"),
        ("12", ONE_AND_TWO, "2"),
        ("12", [*ONE_AND_TWO[:2], refused("2")], "1"),
        ("1", [refused("1")], None),
        ("123", [*ONE_AND_TWO[:2], refused("3")], "2"),
        ("12", [*ONE_AND_TWO, rolled_back("1", "2", 3)], "1"),
        ("12", [*ONE_AND_TWO, rolled_back("1", "2", 3), activated("2", 4)], "2"),
        ("123", [*ONE_AND_TWO, rolled_back("1", "2", 3)], "3"),
        ("12", [registered("2"), activated("2", 1), registered("1")], "2"),
        ("1", [*ONE_AND_TWO[:2], activated("from another plant", 9)], "1"),
    ],
    ids=[
        "nothing was accepted",
        "accepted, not exported yet",
        "a younger one is on its way",
        "the last one activated",
        "the younger one was refused",
        "the only one was refused",
        "the youngest was refused, the one before is on its way",
        "rolled back",
        "activated again after a rollback",
        "accepted after a rollback",
        "an older one was registered late",
        "a version that no run here made",
    ],
)
def test_the_champion_is_in_service_or_being_exported(
    accepted: str, told: list[ModelEvent], run: str | None
) -> None:
    assert run_of(champion(checkpoints(accepted), told)) == run
    assert run_of(champion(checkpoints(accepted), told * 2)) == run


def test_the_order_of_events_does_not_change_the_champion() -> None:
    told = [*ONE_AND_TWO, rolled_back("1", "2", 3)]
    assert {run_of(champion(checkpoints("12"), order)) for order in permutations(told)} == {"1"}


def test_the_champion_has_a_reason() -> None:
    back = champion(checkpoints("12"), [*ONE_AND_TWO, rolled_back("1", "2", 3)])
    assert back.reason == "v-1 is in service"
    assert "run 1 was accepted" in champion(checkpoints("1"), []).reason


async def test_a_run_after_a_rollback_is_compared_with_the_model_in_service(
    engine: Engine, tmp_path: Path
) -> None:
    harness = TrainerHarness(engine, tmp_path, trainer_cooldown_s=0)
    handlers = TrainerHandlers(harness.examples, harness.models)
    runner = FakeRunner(judged(0.9, 0.9))
    training = harness.training(runner)
    for first in (0, 25):
        harness.pairs_come(first, 25)
        await training.turn()
    assert harness.verdicts() == ["accepted", "accepted"]
    one, two = harness.runs.accepted(harness.settings.trainer_base_model)
    events = [
        registered("1").model_copy(update={"run_id": one.run_id}),
        activated("1", 1),
        registered("2").model_copy(update={"run_id": two.run_id}),
        activated("2", 2),
        rolled_back("1", "2", 3),
    ]

    for _ in range(2):
        await handlers.handle_models(delivered(events[::-1]), MemoryState())

    assert len(harness.models.events()) == 5
    harness.pairs_come(50, 25)
    run = training.planner.open_run()
    assert run is not None
    assert run.champion == run.parent == one.manifest
