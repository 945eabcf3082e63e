"""Erasure removes examples, datasets and recorded answers; the next run starts without them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import Done, ForgetRequested, Forgotten, utc_now
from trainer.backends.sql.erasure import TrainerErasure
from trainer.handlers import erase

from .conftest import FakeRunner, judged
from .harness import TrainerHarness

BETTER = judged(0.9, 0.6)
ASKED = ForgetRequested(
    event_id="forget-them",
    occurred_at=utc_now(),
    requested_by="tests",
    query_ids=("query-3", "query-7"),
    retrain=True,
)


async def forgotten(harness: TrainerHarness, directory: Path) -> Forgotten:
    erasing = TrainerErasure(harness.examples._engine, harness.artifacts, directory / "runs")
    outcome = await erase(erasing, ASKED)
    assert isinstance(outcome, Done)
    [answer] = outcome.emits
    assert isinstance(answer, Forgotten)
    return answer


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    return TrainerHarness(engine, tmp_path)


def bytes_of(directory: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file())


async def test_erasure_removes_every_byte_of_a_waiting_example(
    harness: TrainerHarness, tmp_path: Path
):
    harness.pairs_come(0, 20)
    assert b"query-7" in bytes_of(tmp_path)
    answer = await forgotten(harness, tmp_path)
    assert answer.erased["examples"] == 2
    assert harness.waiting() == 18
    left = bytes_of(tmp_path)
    assert not [name for name in (b'"query-3"', b'"query-7"', b"43 kW", b"47 kW") if name in left]


async def test_no_run_continues_from_a_model_that_learned_from_erased_data(
    harness: TrainerHarness, tmp_path: Path
):
    harness.pairs_come(0, 20)
    await harness.training(FakeRunner(BETTER)).turn()
    assert harness.verdicts() == ["accepted"]
    assert harness.waiting() == 0
    [checkpoint] = harness.runs.accepted(harness.settings.trainer_base_model)
    answer = await forgotten(harness, tmp_path)
    assert answer.erased["runs"] == 1
    assert harness.runs.tainted() == {checkpoint.manifest.sha256}
    assert harness.waiting() == 18, "all others teach again"
    left = bytes_of(tmp_path)
    assert not [name for name in (b'"query-3"', b"43 kW", b"47 kW") if name in left]
    again = await forgotten(harness, tmp_path)
    assert again.erased["examples"] == 0


def test_an_open_run_that_the_request_names_is_cancelled(harness: TrainerHarness, tmp_path: Path):
    """Its example may have been retracted since, and then no row names the question."""
    harness.pairs_come(0, 20)
    run = harness.training(FakeRunner(BETTER)).planner.open_run()
    assert run is not None
    named = ASKED.model_copy(update={"query_ids": ("unknown",), "run_ids": (run.run_id,)})
    erasure = TrainerErasure(harness.examples._engine, harness.artifacts, tmp_path / "runs")
    assert erasure.cancel_run(named) == run.run_id
    assert harness.runs.cancelled_by(run.run_id) == "tests"
