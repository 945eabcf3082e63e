"""Metrics of lacking examples, of the last verdict and of the age of feedback."""

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
from trainer.metrics import FeedbackLatencyMetrics, TrainerMetrics
from trainer.training.feedback_latency import FeedbackLatency

from .conftest import NOW, FakeRunner, judged
from .harness import TrainerHarness
from .test_champion import activated, registered


async def test_metrics_show_the_examples_that_each_method_lacks(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path)
    training = harness.training(FakeRunner(judged(0.9, 0.9)))
    harness.pairs_come(0, 8)
    await training.turn()
    value_of = harness.metrics.get_sample_value
    assert value_of("ratchet_training_examples_pending", {"method": "dpo"}) == 8
    assert value_of("ratchet_training_examples_wanted", {"method": "dpo"}) == 20
    assert value_of("ratchet_training_ready", {"method": "dpo"}) == 0
    assert value_of("ratchet_training_runs_total", {"verdict": "refused"}) == 0


async def test_metrics_show_the_figures_of_the_last_verdict(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path)
    harness.pairs_come(0, 20)
    await harness.training(FakeRunner(judged(0.9, 0.6, 1.0))).turn()
    value_of = harness.metrics.get_sample_value
    low, mean, high = (
        value_of("ratchet_training_gate_gain", {"measure": "grounded_accuracy", "bound": bound})
        for bound in ("low", "mean", "high")
    )
    assert low is not None
    assert mean is not None
    assert high is not None
    assert 0 < low <= mean <= high
    [finished] = harness.published(RunFinished)
    assert finished.figures.kl is not None
    assert value_of("ratchet_training_gate_kl_nats") == finished.figures.kl
    assert value_of("ratchet_training_gate_length_ratio") == finished.figures.length_ratio
    assert value_of("ratchet_training_running") == 0
    assert value_of("ratchet_training_runs_total", {"verdict": "accepted"}) == 1


async def test_metrics_show_the_stage_of_the_open_run(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path)
    harness.pairs_come(0, 20)
    shown: dict[str, float | None] = {}

    class Looks(FakeRunner):
        async def record_references(self, request: ReferenceRequest) -> None:
            for name in ("running", "step", "steps", "loss", "remaining_seconds"):
                shown[name] = value_of(f"ratchet_training_{name}")
            shown["training"] = value_of("ratchet_training_stage", {"stage": "training"})
            await super().record_references(request)

    training = harness.training(Looks(judged(0.9, 0.6, 1.0)))
    value_of = harness.metrics.get_sample_value
    await training.turn()
    assert shown == {
        "running": 1,
        "step": 1,
        "steps": 1,
        "loss": 0.5,
        "remaining_seconds": 0,
        "training": 1,
    }
    [finished] = harness.published(RunFinished)
    assert value_of("ratchet_training_last_run_seconds") == finished.seconds


def test_the_metrics_of_an_ended_run_are_cleared():
    registry = CollectorRegistry()
    metrics = TrainerMetrics(registry)
    metrics.running.set(1)
    metrics.progressed(
        TrainingProgress(stage="training", step=3, steps=9, loss=0.5, seconds_left=60)
    )
    value_of = registry.get_sample_value
    assert value_of("ratchet_training_stage", {"stage": "training"}) == 1
    assert value_of("ratchet_training_stage", {"stage": "loading"}) == 0
    assert value_of("ratchet_training_remaining_seconds") == 60
    metrics.stopped()
    assert value_of("ratchet_training_stage", {"stage": "training"}) is None
    assert value_of("ratchet_training_steps") == 0


async def test_an_activation_observes_the_age_of_the_feedback(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path)
    harness.pairs_come(0, 20)
    await harness.training(FakeRunner(judged(0.9, 0.9))).turn()
    (accepted,) = harness.runs.accepted(harness.settings.trainer_base_model)
    times = harness.runs.trained_on(accepted.run_id)
    assert len(times) == 15
    assert harness.runs.trained_on("no such run") == []
    registry = CollectorRegistry()
    latency = FeedbackLatency(harness.models, harness.runs, FeedbackLatencyMetrics(registry))
    handlers = TrainerHandlers(harness.examples, harness.models, latency.observe)
    an_hour_later = max(times) + timedelta(hours=1)
    automatic = activated("1", 1).model_copy(
        update={"occurred_at": an_hour_later, "requested_by": ""}
    )
    requested = automatic.model_copy(update={"event_id": "by-hand-1", "requested_by": "anna"})
    installed = activated("9", 2).model_copy(update={"occurred_at": NOW, "requested_by": ""})
    earlier = [registered("1").model_copy(update={"run_id": accepted.run_id})]
    await handlers.handle_models(
        delivered([*earlier, automatic, requested, installed]), MemoryState()
    )
    count = registry.get_sample_value("ratchet_feedback_to_model_seconds_count")
    total = registry.get_sample_value("ratchet_feedback_to_model_seconds_sum")
    assert count == len(times)
    assert total is not None
    assert total >= 3600 * count
