"""Examples, runs and a runner that pretends: what the trainer's tests are built from."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.events.example import PairBuilt, Question, Reading, Source
from trainer.backends.database import open_database
from trainer.domain.dataset import Dataset, TrainingPair, training_pair
from trainer.domain.job import Progress, Trained, TrainRequest
from trainer.domain.scores import Judged
from trainer.ports import TrainingBroke

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEVICES = ("pump", "fan", "boiler", "mixer", "chiller")


def built(number: int, revision: int = 1, device: str = "", phrasing: str = "") -> PairBuilt:
    """The `number`th pair: its own question on a device type that comes round every five."""
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


def training_pairs(count: int) -> list[TrainingPair]:
    return [training_pair(built(number)) for number in range(count)]


def judged(quality: float, grounded: float, preferred: float | None = None) -> Judged:
    """The same figure for 20 cases of each score."""
    return Judged(
        text_quality=(quality,) * 20,
        grounded=(grounded,) * 20,
        preferred=() if preferred is None else (preferred,) * 20,
    )


class PretendRunner:
    """Answers a request at once; `breaks` attempts fail before."""

    def __init__(self, after: Judged, breaks: int = 0) -> None:
        self.after = after
        self.breaks = breaks
        self.requests: list[TrainRequest] = []
        self.cleaned: list[Path] = []

    async def train(
        self, request: TrainRequest, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Trained:
        self.requests.append(request)
        await on_progress(Progress(stage="training", step=1, steps=1, loss=0.5))
        if self.breaks:
            self.breaks -= 1
            raise TrainingBroke("out of memory")
        adapter = request.work_dir / "adapter"
        adapter.mkdir(parents=True, exist_ok=True)
        (adapter / "adapter_config.json").write_text("{}")
        (adapter / "adapter_model.safetensors").write_bytes(b"weights")
        dataset = Dataset.model_validate_json(request.dataset.read_bytes())
        said = len(dataset.questions("voice", 64))
        return Trained(
            adapter=adapter,
            base_sha256="0" * 64,
            device="cpu",
            precision="float32",
            before=judged(0.7, 0.1).model_copy(update={"answers": ("before",) * said}),
            after=self.after.model_copy(update={"answers": ("after",) * said}),
            curve=(),
            seconds={"training": 1.0},
            versions={},
        )

    def clean(self, work_dir: Path) -> None:
        self.cleaned.append(work_dir)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "trainer.db")
