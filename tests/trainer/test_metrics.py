"""What the trainer shows: what is lacking, what a verdict rests on, how long feedback waited."""

from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from ratchet.contract import RunFinished
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.handlers import TrainerHandlers
from trainer.metrics import TrainerMetrics
from trainer.training.feedback_latency import FeedbackLatency
from trainer.training.gate_metrics import FeedbackLatencyMetrics

from .conftest import NOW, PretendRunner, judged
from .test_champion import activated, registered
from .world import World


async def test_it_shows_how_far_each_method_is_from_a_run(engine: Engine, tmp_path: Path):
    world = World(engine, tmp_path)
    training = world.training(PretendRunner(judged(0.9, 0.9)))
    world.pairs_come(0, 8)
    await training.turn()
    told = world.metrics.get_sample_value
    assert told("ratchet_training_examples_pending", {"method": "dpo"}) == 8
    assert told("ratchet_training_examples_wanted", {"method": "dpo"}) == 20
    assert told("ratchet_training_ready", {"method": "dpo"}) == 0
    assert told("ratchet_training_runs_total", {"verdict": "refused"}) == 0


async def test_it_shows_what_the_last_verdict_rests_on(engine: Engine, tmp_path: Path):
    world = World(engine, tmp_path)
    world.pairs_come(0, 20)
    await world.training(PretendRunner(judged(0.9, 0.6, 1.0))).turn()
    told = world.metrics.get_sample_value
    low, mean, high = (
        told("ratchet_training_gate_gain", {"measure": "grounded_accuracy", "bound": bound})
        for bound in ("low", "mean", "high")
    )
    assert low is not None
    assert mean is not None
    assert high is not None
    assert 0 < low <= mean <= high
    [finished] = world.published(RunFinished)
    assert finished.figures.kl is not None
    assert told("ratchet_training_gate_kl_nats") == finished.figures.kl
    assert told("ratchet_training_gate_length_ratio") == finished.figures.length_ratio
    assert told("ratchet_training_running") == 0
    assert told("ratchet_training_runs_total", {"verdict": "accepted"}) == 1


async def test_a_run_at_work_shows_where_it_is(engine: Engine, tmp_path: Path):
    world = World(engine, tmp_path)
    world.pairs_come(0, 20)
    shown: dict[str, float | None] = {}

    class Looks(PretendRunner):
        async def record_references(self, request: ReferenceRequest) -> None:
            for name in ("running", "step", "steps", "loss", "remaining_seconds"):
                shown[name] = told(f"ratchet_training_{name}")
            shown["training"] = told("ratchet_training_stage", {"stage": "training"})
            await super().record_references(request)

    training = world.training(Looks(judged(0.9, 0.6, 1.0)))
    told = world.metrics.get_sample_value
    await training.turn()
    assert shown == {
        "running": 1,
        "step": 1,
        "steps": 1,
        "loss": 0.5,
        "remaining_seconds": 0,
        "training": 1,
    }
    [finished] = world.published(RunFinished)
    assert told("ratchet_training_last_run_seconds") == finished.seconds


def test_nothing_of_a_run_that_is_over_stays_in_sight():
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry)
    metrics.began()
    metrics.progressed(
        TrainingProgress(stage="training", step=3, steps=9, loss=0.5, seconds_left=60)
    )
    told = registry.get_sample_value
    assert told("ratchet_training_stage", {"stage": "training"}) == 1
    assert told("ratchet_training_stage", {"stage": "loading"}) == 0
    assert told("ratchet_training_remaining_seconds") == 60
    metrics.stopped()
    assert told("ratchet_training_stage", {"stage": "training"}) is None
    assert told("ratchet_training_steps") == 0


async def test_a_model_in_service_tells_how_long_its_feedback_waited(
    engine: Engine, tmp_path: Path
):
    world = World(engine, tmp_path)
    world.pairs_come(0, 20)
    await world.training(PretendRunner(judged(0.9, 0.9))).turn()
    (accepted,) = world.runs.accepted(world.settings.trainer_base_model)
    times = world.runs.trained_on(accepted.run_id)
    assert len(times) == 15
    assert world.runs.trained_on("no such run") == []
    registry = CollectorRegistry()
    latency = FeedbackLatency(world.models, world.runs, FeedbackLatencyMetrics(registry))
    handlers = TrainerHandlers(world.examples, world.examples, world.models, latency.observe)
    an_hour_later = max(times) + timedelta(hours=1)
    by_itself = activated("1", 1).model_copy(
        update={"occurred_at": an_hour_later, "requested_by": ""}
    )
    by_hand = by_itself.model_copy(update={"event_id": "by-hand-1", "requested_by": "anna"})
    installed = activated("9", 2).model_copy(update={"occurred_at": NOW, "requested_by": ""})
    told = [registered("1").model_copy(update={"run_id": accepted.run_id})]
    await handlers.handle_models(delivered([*told, by_itself, by_hand, installed]), MemoryState())
    count = registry.get_sample_value("ratchet_feedback_to_model_seconds_count")
    total = registry.get_sample_value("ratchet_feedback_to_model_seconds_sum")
    assert count == len(times)
    assert total is not None
    assert total >= 3600 * count
