"""Captured prompts in a run: which it asks, where their figures are, and their erasure."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import CheckpointReady, Done, ForgetRequested, RunFinished, utc_now
from ratchet_models import AdapterManifest
from ratchet_testing.deliveries import delivered
from trainer.backends.sql.erasure import TrainerErasure
from trainer.domain.shadow.captured_prompt import CAPTURED_PROMPTS
from trainer.handlers import erase

from .captured_calls import call
from .case_scores import shows
from .conftest import FakeRunner, built, judged
from .harness import TrainerHarness

BETTER = judged(0.9, 0.6)
TRUER = partial(shows, untrue=0.0, invented=0.0, grounded_accuracy=1.0)
FALSER = partial(shows, untrue=1.0)


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    return TrainerHarness(engine, tmp_path, trainer_shadow_share=1.0, trainer_shadow_prompts=3)


class Listening(FakeRunner):
    """Notes the prompts of each attempt while their file exists; `meanwhile` is called first."""

    meanwhile: Any = staticmethod(lambda: None)

    async def train(self, request: Any, on_progress: Any) -> Any:
        self.meanwhile()
        assert request.shadow is not None
        prompts = CAPTURED_PROMPTS.validate_json(request.shadow.read_bytes())
        self.given = [*getattr(self, "given", []), [prompt.call_id for prompt in prompts]]
        return await super().train(request, on_progress)


async def test_a_run_asks_the_newest_prompts(harness: TrainerHarness):
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(number) for number in range(5)])
    runner = Listening(BETTER)
    await harness.training(runner).turn()
    assert runner.given == [["call-4", "call-3", "call-2"]]


async def test_a_repeated_attempt_asks_the_prompts_of_the_first(harness: TrainerHarness):
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(number) for number in range(3)])
    runner = Listening(BETTER, breaks=1)
    runner.meanwhile = lambda: harness.prompts.keep([call(9)])
    training = harness.training(runner)
    await training.turn()
    await training.turn()
    assert runner.given == [["call-2", "call-1", "call-0"]] * 2
    assert harness.prompts.count() == 4, "those of the open run stay beside the newest"
    harness.prompts.keep([])
    assert harness.prompts.count() == 3


async def test_prompts_of_the_training_side_are_left_out(engine: Engine, tmp_path: Path):
    """By their messages, by the id of the call or by the id of the question."""
    harness = TrainerHarness(engine, tmp_path, trainer_shadow_share=1, trainer_shadow_prompts=9)
    train, held_out = trained_on(TrainerHarness(engine, tmp_path))
    same = built(train[0]).model_copy(
        update={"messages": call(1).messages, "prompt": call(1).prompt, "revision": 2}
    )
    harness.examples.keep(delivered([same]))
    harness.prompts.keep(
        [
            call(1),
            call(2, query_id=f"query-{train[1]}"),
            call(3, call_id=f"query-{train[2]}"),
            call(4, query_id=f"query-{held_out[0]}"),
            call(5),
        ]
    )
    runner = Listening(BETTER)
    await harness.training(runner).turn()
    assert runner.given == [["call-5", "call-4"]]


def trained_on(harness: TrainerHarness) -> tuple[list[int], list[int]]:
    """The numbers of the pairs that a run will train on, and of those that it will hold out."""
    harness.pairs_come(0, 20)
    dataset = harness.training(FakeRunner(BETTER)).planner._draft("dpo")
    sides = (dataset.train, dataset.held_out)  # type: ignore[union-attr]
    train, held_out = ([int(pair.example_id[-4:]) for pair in side] for side in sides)
    return train, held_out


async def test_the_figures_are_in_the_event_the_manifest_and_the_metrics(harness: TrainerHarness):
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(number) for number in range(3)])
    training = harness.training(FakeRunner(BETTER, shadow=TRUER))
    await training.turn()
    [finished] = harness.published(RunFinished)
    assert finished.verdict == "accepted"
    figures = finished.figures.shadow
    assert figures.prompts == 3
    assert (figures.before.untrue, figures.after.untrue) == (pytest.approx(0.4), 0.0)
    assert figures.gains["untrue"].mean == pytest.approx(-0.4)
    assert figures.gains["untrue"].n == 3
    assert "untrue -0.40 [-0.40, -0.40] on 3 captured prompts" in finished.reason
    [checkpoint] = harness.published(CheckpointReady)
    manifest = harness.artifacts.verified(checkpoint.manifest).read_bytes()
    assert AdapterManifest.model_validate_json(manifest).figures.shadow == figures
    value_of = harness.metrics.get_sample_value
    gain = {"measure": "untrue", "bound": "mean"}
    assert value_of("ratchet_training_gate_shadow_gain", gain) == pytest.approx(-0.4)
    assert value_of("ratchet_training_captured_prompts") == 3


async def test_no_text_of_a_captured_prompt_outlives_the_run(
    harness: TrainerHarness, tmp_path: Path
):
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(number) for number in range(3)])
    await harness.training(FakeRunner(BETTER, shadow=TRUER)).turn()
    assert not list((tmp_path / "runs").glob("*"))
    texts = [event.model_dump_json() for event in harness.publisher.events]
    assert not [text for text in texts if "pump 002" in text or "call-2" in text]


async def test_a_challenger_that_is_less_true_to_them_is_refused(engine: Engine, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path, trainer_shadow_share=1, trainer_shadow_prompts=9)
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(number) for number in range(9)])
    await harness.training(FakeRunner(BETTER, shadow=FALSER)).turn()
    [finished] = harness.published(RunFinished)
    assert finished.verdict == "refused"
    assert finished.reason.startswith("more answers to captured prompts are untrue")


async def test_without_captured_prompts_a_run_has_no_shadow(harness: TrainerHarness):
    harness.pairs_come(0, 20)
    runner = Listening(BETTER, shadow=TRUER)
    await harness.training(runner).turn()
    assert runner.given == [[]]
    [finished] = harness.published(RunFinished)
    assert finished.verdict == "accepted"
    assert finished.figures.shadow is None
    gain = {"measure": "untrue", "bound": "mean"}
    assert harness.metrics.get_sample_value("ratchet_training_gate_shadow_gain", gain) is None


def forgetting(*query_ids: str) -> ForgetRequested:
    return ForgetRequested(
        event_id="forget-them", occurred_at=utc_now(), requested_by="tests", query_ids=query_ids
    )


def erasure_of(harness: TrainerHarness, directory: Path) -> TrainerErasure:
    return TrainerErasure(harness.examples._engine, harness.artifacts, directory / "runs")


async def test_erasure_removes_every_byte_of_a_captured_prompt(
    harness: TrainerHarness, tmp_path: Path
):
    harness.prompts.keep([call(1), call(2, query_id="query-2"), call(3)])
    outcome = await erase(erasure_of(harness, tmp_path), forgetting("call-1", "query-2"))
    assert isinstance(outcome, Done)
    assert outcome.emits[0].erased["prompts"] == 2  # type: ignore[union-attr]
    left = (tmp_path / "trainer.db").read_bytes()
    assert b"call-3" in left
    assert not [name for name in (b"call-1", b"query-2", b"pump 001", b"pump 002") if name in left]


async def test_a_run_that_asks_an_erased_prompt_is_cancelled_and_its_files_removed(
    harness: TrainerHarness, tmp_path: Path
):
    harness.pairs_come(0, 20)
    harness.prompts.keep([call(1), call(2)])
    erasure = erasure_of(harness, tmp_path)
    assert erasure.cancel_run(forgetting("call-1")) is None, "no run asks it yet"
    training = harness.training(FakeRunner(BETTER))
    run = training.planner.open_run()
    assert run is not None
    training._request(run)
    assert erasure.cancel_run(forgetting("another")) is None
    assert erasure.cancel_run(forgetting("call-1")) == run.run_id
    assert harness.runs.cancelled_by(run.run_id) == "tests"
    erasure.erase(forgetting("call-1"))
    assert not harness.files.directory(run.run_id).exists()
    assert harness.prompts.count() == 1


async def test_a_run_is_given_its_prompts_before_an_erasure_or_after_it(
    harness: TrainerHarness, tmp_path: Path
):
    """In between an erased prompt could be written after its erasure was confirmed."""
    harness.prompts.keep([call(1)])

    def during(_: object) -> None:
        with closing(sqlite3.connect(tmp_path / "trainer.db", timeout=0)) as other:
            other.execute("DELETE FROM captured_prompts")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        harness.prompts.give("run", (), during)
    assert harness.prompts.count() == 1
