"""From a call on the stream to the figures of a run: the real consumer, store and pipeline."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import CALLS, CallServed, ChatMessage, RunFinished
from ratchet.delivery import Consumer, Publisher
from ratchet.measures import situation_of_chat
from ratchet.storage import bury
from ratchet_truth import true_answer
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.handlers import keep_prompts
from trainer.run import evaluation
from trainer.run.pipeline import run

from .captured_calls import call
from .conftest import FakeRunner, judged
from .harness import TrainerHarness
from .reading_trainer import ReadingTrainer
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

UNTRUE = "It is at 999 kW right now."


class InThisProcess(FakeRunner):
    """The pipeline of the child process, whose libraries are imported here already."""

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        request.work_dir.mkdir(parents=True)
        trained = await asyncio.to_thread(run, request, lambda _: None)
        assert isinstance(trained, TrainingResult), trained
        return trained


class Improved:
    """Answers each question in an untrue way when it is asked first, and truly after that."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def __call__(
        self, base: Any, turns: Sequence[Sequence[ChatMessage]], *_: Any
    ) -> list[GeneratedAnswer]:
        return [GeneratedAnswer(self._answer(one), finished=True) for one in turns]

    def _answer(self, messages: Sequence[ChatMessage]) -> str:
        key = str(messages)
        if key not in self._asked:
            self._asked.add(key)
            return UNTRUE
        situation = situation_of_chat(messages)
        return true_answer(situation) if situation else UNTRUE


async def test_a_served_call_reaches_the_figures_of_a_run(
    redis: Redis, tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(evaluation, "generate", Improved())
    reading = ReadingTrainer(tmp_path / "trainer.db")
    none = {"copies": 0, "questions": 0}
    harness = TrainerHarness(
        reading.engine,
        tmp_path,
        trainer_shadow_share=1.0,
        trainer_base_model=str(write_tiny_model(tmp_path / "tiny", cache_dir)),
        trainer_precision="float32",
        trainer_variation=none,
        trainer_lora={"rank": 2},
        trainer_dpo={"epochs": 1, "batch": 8, "accumulation": 1},
        trainer_judging={"questions": 4, "fixed_questions": 2, "answer_tokens": 4},
        cache_dir=cache_dir,
    )
    harness.pairs_come(0, 20)
    calls = {CallServed: partial(keep_prompts, harness.prompts)}
    reading.consumers = [Consumer(CALLS, "trainer", calls, marks_seen=False)]
    await bury(redis, ["call-3"])
    await Publisher(redis).publish([call(1), call(2), call(2), call(3), call(4, fault="broken")])
    await reading.hear(redis)
    assert harness.prompts.count() == 2, "a forgotten call does not come back"

    await harness.training(InThisProcess(judged(0, 0))).turn()
    [finished] = harness.published(RunFinished)
    shadow = finished.figures.shadow
    assert shadow is not None, finished.reason
    assert shadow.prompts == 2
    assert (shadow.before.untrue, shadow.after.untrue) == (1, 0)
    assert (shadow.before.grounded_accuracy, shadow.after.grounded_accuracy) == (0, 1)
    assert shadow.gains["right_device"].mean == 1
    assert shadow.gains["untrue"].mean == -1
