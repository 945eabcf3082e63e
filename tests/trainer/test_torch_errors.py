"""Errors that mean full memory or a full disk are recognized on every kind of machine."""

from pathlib import Path

import pytest
import torch

from trainer.backends.machine.local_machine import oom_kills
from trainer.backends.machine.torch_errors import first_line, is_failed_write, is_out_of_memory


def test_full_main_memory_is_recognized():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(raised.value)
    assert "you tried to allocate 1152921504606846976 bytes" in first_line(raised.value)
    assert "\n" not in first_line(raised.value)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
def test_a_full_accelerator_is_recognized(error: BaseException):
    assert is_out_of_memory(error)
    assert first_line(error)


def test_a_full_disk_is_recognized():
    with pytest.raises(RuntimeError) as raised:
        torch.save(torch.zeros(1_000_000), "/dev/full")
    assert is_failed_write(raised.value)


def test_other_errors_are_not_mistaken():
    with pytest.raises(RuntimeError) as raised:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_out_of_memory(raised.value)
    assert not is_failed_write(raised.value)
    assert not is_out_of_memory(OSError("can't allocate memory"))


def test_out_of_memory_kills_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    counters = tmp_path / "vmstat"
    monkeypatch.setattr("trainer.backends.machine.local_machine._COUNTERS", counters)
    assert oom_kills() == 0, "a kernel that does not count"
    counters.write_text("nr_free_pages 12\noom_kill 7\npswpin 0\n")
    assert oom_kills() == 7
