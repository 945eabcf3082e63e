"""The rounds of a run are in its report and in the manifest, and count as no examples."""

from pathlib import Path
from typing import Any

from ratchet.contract import CheckpointReady, RunFinished
from ratchet_models import AdapterManifest
from trainer.domain.on_policy.round import AnswerCounts, Round
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest

from .conftest import FakeRunner, judged
from .harness import TrainerHarness

BEFORE = AnswerCounts(asked=64, true=41, untrue=19)
BETTER = AnswerCounts(asked=64, true=47, untrue=15)
ROUNDS = (
    Round(questions=96, pairs=31, before=BEFORE, after=BETTER),
    Round(questions=96, pairs=20, before=BETTER, after=BEFORE),
)
DESCRIPTIONS = [
    "31 pairs of 96 questions, of 64 answers true 41 to 47, untrue 19 to 15: kept",
    "20 pairs of 96 questions, of 64 answers true 47 to 41, untrue 15 to 19: dropped",
]


class WithRounds(FakeRunner):
    """Reports a run with two rounds."""

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        trained = await super().train(request, on_progress)
        return trained.model_copy(update={"rounds": ROUNDS})


async def test_rounds_are_in_the_report_and_the_manifest(engine: Any, tmp_path: Path):
    harness = TrainerHarness(engine, tmp_path)
    harness.pairs_come(0, 20)
    await harness.training(WithRounds(judged(0.9, 0.6, 1.0))).turn()
    [finished] = harness.published(RunFinished)
    first, second = DESCRIPTIONS
    assert finished.reason.endswith(f"; on-policy round 1: {first}; on-policy round 2: {second}")
    assert finished.pairs == 15
    [checkpoint] = harness.published(CheckpointReady)
    content = harness.artifacts.verified(checkpoint.manifest).read_bytes()
    manifest = AdapterManifest.model_validate_json(content)
    assert manifest.settings["on_policy_rounds"] == DESCRIPTIONS
    assert manifest.settings["rounds.most"] == 0
    assert len(manifest.example_ids) == 20
