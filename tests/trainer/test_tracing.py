"""A run has one trace however often it starts, linked to those of its examples."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import CheckpointReady, RunFinished, RunStarted
from ratchet.settings import CommonSettings
from ratchet.telemetry import Tracing, create_tracing
from ratchet_testing.collector import Collector, collecting
from ratchet_testing.deliveries import delivered
from trainer.backends.sql.database import open_database
from trainer.training.loop import TrainingLoop

from .conftest import FakeRunner, built, judged
from .harness import Killed, TrainerHarness

BETTER = judged(0.9, 0.6, 1.0)


def context(number: int) -> tuple[str, str]:
    """A trace's and a span's id."""
    return f"{number + 1:032x}", f"{number + 1:016x}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as result:
        yield result


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    """Twenty pairs; two at a time share a trace context, the last four have none."""
    made = TrainerHarness(engine, tmp_path)
    for number in range(20):
        trace = {"traceparent": f"00-{'-'.join(context(number // 2))}-01"} if number < 16 else {}
        made.examples.keep(delivered([built(number).model_copy(update={"trace": trace})]))
    return made


def tracing_to(collector: Collector) -> Tracing:
    return create_tracing("trainer", CommonSettings(otlp_endpoint=collector.url))


def traced(harness: TrainerHarness, runner: FakeRunner, tracing: Tracing) -> TrainingLoop:
    training = harness.training(runner, tracer=tracing.tracer)
    training.planner.tracer = tracing.tracer
    return training


async def test_a_run_links_to_its_examples_and_passes_its_trace_context_on(
    harness: TrainerHarness, collector: Collector
):
    tracing = tracing_to(collector)
    await traced(harness, FakeRunner(BETTER), tracing).turn()
    tracing.close()
    [planned], [carried_out] = collector.named("plan run"), collector.named("carry out run")
    assert planned.parent == ""
    assert set(planned.links) == {context(number) for number in range(8)}
    assert (carried_out.trace, carried_out.parent) == (planned.trace, planned.span)
    assert carried_out.facts["ratchet.verdict"] == "accepted"
    [started] = harness.published(RunStarted)
    [finished] = harness.published(RunFinished)
    [checkpoint] = harness.published(CheckpointReady)
    assert planned.facts["ratchet.run_id"] == started.run_id
    assert started.trace["traceparent"][3:52] == f"{planned.trace}-{planned.span}"
    for event in (finished, checkpoint):
        assert event.trace["traceparent"][3:52] == f"{planned.trace}-{carried_out.span}"


async def test_a_restarted_run_keeps_its_trace(harness: TrainerHarness, collector: Collector):
    class Dies(FakeRunner):
        async def train(self, *_: object) -> None:  # type: ignore[override]
            raise Killed

    first, second = tracing_to(collector), tracing_to(collector)
    with pytest.raises(Killed):
        await traced(harness, Dies(BETTER), first).turn()
    restarted = traced(harness, FakeRunner(BETTER, breaks=1), second)
    await restarted.turn()
    await restarted.turn()
    first.close()
    second.close()
    [planned] = collector.named("plan run")
    killed, broke, ended = sorted(
        collector.named("carry out run"), key=lambda span: "ratchet.verdict" in span.facts
    )
    assert {span.parent for span in (killed, broke, ended)} == {planned.span}
    assert "Killed: " in (killed.error, broke.error)
    assert (ended.error, ended.facts["ratchet.verdict"]) == (None, "accepted")


async def test_trace_contexts_do_not_change_a_run_and_its_dataset(
    harness: TrainerHarness, collector: Collector, tmp_path: Path
):
    tracing = tracing_to(collector)
    await traced(harness, FakeRunner(BETTER), tracing).turn()
    tracing.close()
    plain = TrainerHarness(open_database(tmp_path / "plain.db"), tmp_path / "plain")
    plain.pairs_come(0, 20)
    await plain.training(FakeRunner(BETTER)).turn()
    [ours], [theirs] = harness.published(RunStarted), plain.published(RunStarted)
    assert (ours.run_id, ours.dataset_sha256) == (theirs.run_id, theirs.dataset_sha256)
    assert (bool(ours.trace), theirs.trace) == (True, {})
