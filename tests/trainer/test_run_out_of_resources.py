"""The training process with too little memory or disk, and one that starts from the base."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ratchet.processes import run_child
from trainer.backends.run_process.child_run import TrainingBroke
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest

from .real_run import Listener, request_for, taught_nothing, train, train_here
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy


def run_instead(patch: pytest.MonkeyPatch, module: str) -> None:
    """Run `module`, a file next to this one, instead of the training process."""

    async def run(_: str, request: Any, on_line: Any, environment: Any) -> None:
        environment = {**environment, "PYTHONPATH": str(Path(__file__).parent)}
        await run_child(module, request, on_line, environment)

    patch.setattr("trainer.backends.run_process.child_run.run_child", run)


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir))


@pytest.fixture
def request_(tmp_path: Path, cache_dir: Path, tiny: str) -> TrainRequest:
    return request_for(tmp_path, cache_dir, tiny)


class ShortOfMemory(NamedTuple):
    reports: Listener
    trained: TrainingResult


@pytest.fixture(scope="module")
def limited_memory(
    cache_dir: Path, tiny: str, tmp_path_factory: pytest.TempPathFactory
) -> ShortOfMemory:
    """A complete run in which two examples do not fit into memory from the third step on."""
    request = request_for(tmp_path_factory.mktemp("short"), cache_dir, tiny)
    reports = Listener()
    with pytest.MonkeyPatch.context() as patch:
        run_instead(patch, "limited_memory")
        trained = train(request, reports)
    return ShortOfMemory(reports, trained)


def test_out_of_memory_the_run_resumes_with_half_the_micro_batch(
    limited_memory: ShortOfMemory,
):
    reports, trained = limited_memory.reports, limited_memory.trained
    assert trained.batch == 1
    assert reports.steps() == [1, 2, 3, 4, 5], "no step was lost and none was made twice"
    assert [progress.stage for progress in reports.reports].count("loading") == 2
    assert [point.step for point in trained.curve] == [1, 2, 3, 4, 5]


def test_a_challenger_from_the_base_has_nothing_of_the_champion(
    request_: TrainRequest, limited_memory: ShortOfMemory
):
    champion = limited_memory.trained
    anew = train_here(taught_nothing(request_, champion.adapter, afresh=True))
    assert anew.before.answers == champion.after.answers
    was, now = (side.means(anew.cases) for side in (champion.before, anew.after))
    assert now.kl == pytest.approx(0, abs=1e-6)
    assert now.margin == pytest.approx(was.margin, abs=1e-6)


def test_a_full_disk_breaks_the_run_with_the_reason_and_leaves_no_file(
    request_: TrainRequest, monkeypatch: pytest.MonkeyPatch
):
    """PyTorch gives no reason."""
    run_instead(monkeypatch, "limited_disk")
    with pytest.raises(TrainingBroke, match=r"could not be written; \d+ bytes of disk are free"):
        train(request_, Listener())
    assert not request_.work_dir.exists()
