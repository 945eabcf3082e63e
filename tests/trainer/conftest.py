"""Examples, runs and a fake runner for the tests of the trainer."""

import ctypes
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import LabelBuilt, PairBuilt, Question, Reading, Source, TraceCaptured
from trainer.backends.run_process.child_run import TrainingBroke
from trainer.backends.sql.database import open_database
from trainer.domain.evaluation.cases import Case, held_out_cases
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import TrainingProgress, TrainingResult, TrainRequest
from trainer.domain.shadow.captured_prompt import CAPTURED_PROMPTS
from trainer.domain.shadow.shadow_answers import ShadowAnswers, shadow_cases

from .case_scores import shows
from .teacher_server import StandIn, teacher_server

if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
    # A test that trains in its own process keeps large freed blocks, as the training process does
    # by its environment: otherwise each step maps its tensors anew.
    _TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
    libc.mallopt(_MMAP_THRESHOLD, 2_000_000_000)
    libc.mallopt(_TRIM_THRESHOLD, 2_000_000_000)
    libc.mallopt(_TOP_PAD, 256 * 2**20)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEVICES = ("pump", "fan", "boiler", "mixer", "chiller")


def built(number: int, revision: int = 1, device: str = "", phrasing: str = "") -> PairBuilt:
    """The `number`th pair: a question of its own, on one of five device types in turn."""
    kind = device or DEVICES[number % len(DEVICES)]
    asked = Reading(equipment=f"{kind} 001", metric="power", value=40 + number, unit="kW")
    return PairBuilt(
        event_id=f"pair-{number:04d}-{revision}",
        occurred_at=NOW,
        example_id=f"example-{number:04d}",
        revision=revision,
        aspect="voice",
        rule="same_question",
        question=Question(
            key=f"question-{number}",
            text=f"What is the power of {kind} 001?",
            intent="query",
            device_type=kind,
            phrasing=phrasing or f"what is the power of {kind}",
            asked=asked,
        ),
        prompt=f"Readings:\n- {kind} 001 power: {40 + number} kW\nWhat is the power?",
        sources=(Source(query_id=f"query-{number}", revision=revision),),
        chosen=f"{kind.title()} 001 power is {40 + number} kW. All is well.",
        rejected="Sure, let me check that for you.",
        chosen_reward=0.9,
        rejected_reward=-0.8,
    )


def label(number: int, desirable: bool) -> LabelBuilt:
    """The `number`th pair's chosen or rejected answer as a single label."""
    pair = built(number)
    return LabelBuilt.model_validate(
        {
            **pair.model_dump(exclude={"type", "chosen", "rejected"}),
            "example_id": f"label-{number:04d}-{desirable}",
            "answer": pair.chosen if desirable else pair.rejected,
            "desirable": desirable,
            "reward": 0.9 if desirable else -0.8,
        }
    )


def captured(number: int, answer: str = "") -> TraceCaptured:
    """A teacher's answer to the question of the `number`th pair."""
    pair = built(number)
    return TraceCaptured(
        event_id=f"trace-event-{number}",
        occurred_at=NOW,
        trace_id=f"trace-{number:04d}",
        question=pair.question,
        prompt=pair.prompt,
        answer=answer or pair.chosen,
    )


def training_pairs(count: int) -> list[PairBuilt]:
    return [built(number) for number in range(count)]


Shows = Callable[[Sequence[Case]], ModelScores]


def judged(quality: float, grounded: float, preferred: float = 1.0) -> Shows:
    """A model with these figures on every case."""
    return partial(
        shows, text_quality=quality, grounded_accuracy=grounded, preference_accuracy=preferred
    )


class LargeMachine:
    """A machine with plenty of free memory and disk."""

    def free_memory(self) -> int:
        return 2**40

    def free_disk(self) -> int:
        return 2**40


class FakeRunner:
    """Returns a result at once, after `breaks` failed attempts.

    With `shadow` the challenger has its figures on the run's captured prompts.
    """

    def __init__(
        self,
        after: Shows,
        breaks: int = 0,
        base: Shows | None = None,
        ended_early: str | None = None,
        shadow: Shows | None = None,
    ) -> None:
        self.after = after
        self.base = base
        self.shadow = shadow
        self.ended_early = ended_early
        self.breaks = breaks
        self.requests: list[TrainRequest] = []
        self.champions: list[bytes] = []

    async def train(
        self, request: TrainRequest, on_progress: Callable[[TrainingProgress], Awaitable[None]]
    ) -> TrainingResult:
        self.requests.append(request)
        if request.champion is not None:
            weights = request.champion / "adapter_model.safetensors"
            self.champions.append(weights.read_bytes())
        await on_progress(TrainingProgress(stage="training", step=1, steps=1, loss=0.5))
        if self.breaks:
            self.breaks -= 1
            raise TrainingBroke("out of memory")
        adapter = request.work_dir / "adapter"
        adapter.mkdir(parents=True, exist_ok=True)
        (adapter / "adapter_config.json").write_text("{}")
        (adapter / "adapter_model.safetensors").write_bytes(b"weights")
        dataset = Dataset.model_validate_json(request.dataset.read_bytes())
        cases = held_out_cases(dataset.held_out, request.recipe.judging, lambda _: "en")
        assert request.shadow is not None
        asked = shadow_cases(
            CAPTURED_PROMPTS.validate_json(request.shadow.read_bytes()), lambda _: "en"
        )
        in_shadow = None
        if self.shadow and asked:
            in_shadow = ShadowAnswers(cases=asked, before=shows(asked), after=self.shadow(asked))
        return TrainingResult(
            adapter=adapter,
            base_sha256="0" * 64,
            base_revision="a release",
            device="cpu",
            precision="float32",
            batch=4,
            cases=cases,
            before=judged(0.7, 0.1)(cases),
            after=self.after(cases),
            base=self.base(cases) if self.base else None,
            ended_early=self.ended_early,
            shadow=in_shadow,
            curve=(),
            seconds={"training": 1.0},
            versions={},
        )

    async def record_references(self, request: ReferenceRequest) -> None:
        self.reference_request = request
        request.target.write_bytes(b"references")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "trainer.db")


@pytest.fixture
async def teacher() -> AsyncIterator[StandIn]:
    async with teacher_server() as stand_in:
        yield stand_in
