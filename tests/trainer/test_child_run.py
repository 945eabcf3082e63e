"""A run whose process ran out of memory, was killed, failed, or has ended."""

from pathlib import Path

import pytest

from trainer.backends.run_process.child_run import (
    ChildRunner,
    TrainingBroke,
    TrainingImpossible,
)
from trainer.domain.examples.fit import LeftOut
from trainer.domain.runs.child_messages import RunImpossible, TrainingProgress

from .scripted_child import FULL, request_in, scripted, trained


async def unheard(progress: TrainingProgress) -> None:
    pass


async def test_out_of_memory_the_run_continues_with_half_the_micro_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    end = trained(tmp_path)
    child = scripted(monkeypatch, FULL, FULL, end)
    assert await ChildRunner().train(request_in(tmp_path, batch=4), unheard) == end
    assert child.halvings() == [0, 1, 2]
    same = {request.model_copy(update={"halvings": 0}) for request in child.requests}
    assert same == {request_in(tmp_path, batch=4)}
    assert (tmp_path / "work/checkpoint-1").is_dir()
    assert "2.00 GiB): continuing with micro-batches of 2" in caplog.text


async def test_out_of_memory_with_the_smallest_micro_batch_the_attempt_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scripted(monkeypatch, FULL)
    message = "out of memory .*2.00 GiB.*, and a micro-batch of 1 cannot be made smaller"
    with pytest.raises(TrainingBroke, match=message):
        await ChildRunner().train(request_in(tmp_path, batch=1), unheard)


async def test_a_process_that_cannot_use_the_data_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    end = RunImpossible(reason="too few", left_out=LeftOut(examples={"prompt_too_long": ("e",)}))
    child = scripted(monkeypatch, end)
    with pytest.raises(TrainingImpossible, match="too few") as raised:
        await ChildRunner().train(request_in(tmp_path), unheard)
    assert raised.value.end == end
    assert len(child.requests) == 1


async def test_a_process_killed_for_memory_continues_with_half_the_micro_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    killed_so_far = iter([3, 4, 4])
    monkeypatch.setattr(
        "trainer.backends.run_process.child_run.oom_kills", lambda: next(killed_so_far)
    )
    child = scripted(monkeypatch, -9, trained(tmp_path))
    await ChildRunner().train(request_in(tmp_path), unheard)
    assert child.halvings() == [0, 1]


async def test_a_killed_process_breaks_and_its_checkpoints_remain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trainer.backends.run_process.child_run.oom_kills", lambda: 3)
    scripted(monkeypatch, -9)
    with pytest.raises(TrainingBroke, match="status -9: its last words"):
        await ChildRunner().train(request_in(tmp_path), unheard)
    assert (tmp_path / "work/checkpoint-1").is_dir()


async def test_a_failed_process_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scripted(monkeypatch, 1)
    with pytest.raises(TrainingBroke, match="status 1: its last words"):
        await ChildRunner().train(request_in(tmp_path), unheard)
    assert not (tmp_path / "work").exists()


async def test_a_run_that_has_ended_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, trained(tmp_path))
    first = await ChildRunner().train(request_in(tmp_path), unheard)
    assert await ChildRunner().train(request_in(tmp_path), unheard) == first
    assert len(child.requests) == 1


async def test_an_unreadable_result_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, trained(tmp_path))
    request = request_in(tmp_path)
    request.work_dir.mkdir()
    request.result.write_text('{"line": "trained"')
    await ChildRunner().train(request, unheard)
    assert len(child.requests) == 1
