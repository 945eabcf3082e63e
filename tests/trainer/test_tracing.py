"""A run in its trace: linked to where its examples came from, one trace however often it starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import CheckpointReady, RunFinished, RunStarted
from ratchet.telemetry.otlp import OtlpTracer
from ratchet_testing.collector import Collector, collecting
from ratchet_testing.deliveries import delivered
from trainer.backends.sql.database import open_database
from trainer.training.loop import TrainingLoop

from .conftest import PretendRunner, built, judged
from .world import Killed, World

BETTER = judged(0.9, 0.6, 1.0)


def context(number: int) -> tuple[str, str]:
    """A trace's and a span's id."""
    return f"{number + 1:032x}", f"{number + 1:016x}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    """Twenty pairs; two and two came with the same context, the last four with none."""
    made = World(engine, tmp_path)
    for number in range(20):
        trace = {"traceparent": f"00-{'-'.join(context(number // 2))}-01"} if number < 16 else {}
        made.examples.keep(delivered([built(number).model_copy(update={"trace": trace})]))
    return made


def traced(world: World, runner: PretendRunner, collector: Collector) -> TrainingLoop:
    tracer = OtlpTracer("trainer", "1", collector.url)
    training = world.training(runner, tracer=tracer)
    training.planner.tracer = tracer
    return training


async def test_a_run_is_linked_to_its_examples_and_hands_its_context_to_the_checkpoint(
    world: World, collector: Collector
):
    training = traced(world, PretendRunner(BETTER), collector)
    await training.turn()
    training.tracer.close()
    [planned], [carried_out] = collector.named("plan run"), collector.named("carry out run")
    assert planned.parent == ""
    assert set(planned.links) == {context(number) for number in range(8)}
    assert (carried_out.trace, carried_out.parent) == (planned.trace, planned.span)
    assert carried_out.facts["ratchet.verdict"] == "accepted"
    [started] = world.published(RunStarted)
    [finished] = world.published(RunFinished)
    [checkpoint] = world.published(CheckpointReady)
    assert planned.facts["ratchet.run_id"] == started.run_id
    assert started.trace["traceparent"][3:52] == f"{planned.trace}-{planned.span}"
    for event in (finished, checkpoint):
        assert event.trace["traceparent"][3:52] == f"{planned.trace}-{carried_out.span}"


async def test_a_run_that_starts_again_stays_in_its_trace(world: World, collector: Collector):
    class Dies(PretendRunner):
        async def train(self, *_: object) -> None:  # type: ignore[override]
            raise Killed

    first = traced(world, Dies(BETTER), collector)
    with pytest.raises(Killed):
        await first.turn()
    second = traced(world, PretendRunner(BETTER, breaks=1), collector)
    await second.turn()
    await second.turn()
    first.tracer.close()
    second.tracer.close()
    [planned] = collector.named("plan run")
    killed, broke, ended = sorted(
        collector.named("carry out run"), key=lambda span: "ratchet.verdict" in span.facts
    )
    assert {span.parent for span in (killed, broke, ended)} == {planned.span}
    assert "Killed: " in (killed.error, broke.error)
    assert (ended.error, ended.facts["ratchet.verdict"]) == (None, "accepted")


async def test_the_run_and_its_dataset_are_those_of_the_same_examples_without_a_context(
    world: World, collector: Collector, tmp_path: Path
):
    training = traced(world, PretendRunner(BETTER), collector)
    await training.turn()
    training.tracer.close()
    plain = World(open_database(tmp_path / "plain.db"), tmp_path / "plain")
    plain.pairs_come(0, 20)
    await plain.training(PretendRunner(BETTER)).turn()
    [ours], [theirs] = world.published(RunStarted), plain.published(RunStarted)
    assert (ours.run_id, ours.dataset_sha256) == (theirs.run_id, theirs.dataset_sha256)
    assert (bool(ours.trace), theirs.trace) == (True, {})
