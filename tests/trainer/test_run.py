"""The training process on the small packaged model: evaluated, killed, resumed, continued."""

from pathlib import Path

import pytest

from trainer.backends.run_process.child_run import TrainingBroke
from trainer.domain.evaluation.acceptance_gate import judge_challenger
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.runs.child_messages import TrainingResult

from .real_run import (
    STEPS,
    Listener,
    checkpoints_in,
    request_for,
    taught_nothing,
    train,
    weights_of,
)

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def undisturbed(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return train(request_for(tmp_path_factory.mktemp("undisturbed"), cache_dir), Listener())


def test_a_run_trains_and_scores_both_models_on_the_same_cases(undisturbed: TrainingResult):
    assert [point.step for point in undisturbed.curve] == list(range(1, STEPS + 1))
    assert undisturbed.curve[-1].loss < undisturbed.curve[0].loss
    assert undisturbed.batch == 2
    assert sorted(path.name for path in undisturbed.adapter.iterdir() if path.suffix != ".md") == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    cases = undisturbed.cases
    before, after = (side.means(cases) for side in (undisturbed.before, undisturbed.after))
    assert after.preference_accuracy == 1.0
    assert before.kl == 0 < after.kl, "the bare base diverges nowhere"
    assert len(undisturbed.before.answers) == len(undisturbed.after.answers) == 2


def test_a_killed_run_ends_with_the_same_bytes_as_an_undisturbed_one(
    tmp_path: Path, cache_dir: Path, undisturbed: TrainingResult
):
    """Equal datasets and seeds give equal adapters."""
    request = request_for(tmp_path, cache_dir)
    killed = Listener(kill_at=3)
    with pytest.raises(TrainingBroke, match="status -9"):
        train(request, killed)
    assert killed.stages() == ["loading", "judging_champion", "training"]
    assert checkpoints_in(request) == ["checkpoint-2"]

    resumed = Listener()
    trained = train(request, resumed)
    assert resumed.steps() == [3, 4, 5], "goes on after the checkpoint of step 2"
    assert resumed.answered("judging_champion") == 0, "the champion is not asked again"
    assert trained.curve == undisturbed.curve
    assert weights_of(trained) == weights_of(undisturbed)
    assert trained.after == undisturbed.after

    again = Listener()
    assert train(request, again) == trained
    assert again.reports == [], "a run that has ended is not trained again"


def test_a_challenger_that_learned_nothing_is_refused(
    tmp_path: Path, cache_dir: Path, undisturbed: TrainingResult
):
    request = taught_nothing(request_for(tmp_path, cache_dir), undisturbed.adapter)
    onwards = train(request, Listener())
    assert onwards.before.answers == undisturbed.after.answers, "the champion answers as it did"
    assert onwards.after.answers == onwards.before.answers
    assert onwards.base is not None
    assert onwards.base.answers == undisturbed.before.answers, "the base without the adapter"
    assert undisturbed.base is None
    before, was = (side.means(onwards.cases).kl for side in (onwards.before, undisturbed.after))
    assert before == pytest.approx(was, rel=0.01)
    assert onwards.base_sha256 == undisturbed.base_sha256
    ruling = judge_challenger(
        onwards.cases, onwards.before, onwards.after, GateRules(), "dpo", 42, onwards.base
    )
    assert ruling.verdict == "refused"


def test_a_missing_model_breaks_the_run_with_its_name(tmp_path: Path, cache_dir: Path):
    request = request_for(tmp_path, cache_dir, str(tmp_path))
    with pytest.raises(TrainingBroke, match=r"no \*\.safetensors; copy it again"):
        train(request, Listener())
    assert not request.work_dir.exists()
