"""What makes other checks fail comes first: a wrong directory, and no base model to look for."""

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest

from ratchet_cli.doctor import base_model
from ratchet_cli.doctor.examination import examine
from ratchet_testing.valkey import free_port


class Usage(NamedTuple):
    """Bytes of a file system, as `shutil.disk_usage` returns them."""

    total: int
    used: int
    free: int


def test_a_directory_that_is_not_there_is_the_first_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RATCHET_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "")
    wrong = tmp_path / "typing-error"
    first, *_ = asyncio.run(examine(wrong, None, with_trial=False))
    assert (first.level, first.name) == ("fail", "data directory")
    assert str(wrong) in first.finding
    assert "--data-dir" in first.remedy
    assert not wrong.exists()


def test_a_full_disk_is_the_first_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "")
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**12, 10**12, 0))
    first, *_ = asyncio.run(examine(tmp_path, None, with_trial=False))
    assert (first.level, first.name) == ("fail", "disk")
    assert first.remedy.startswith("make room")


def test_no_base_model_is_a_hint_and_nothing_is_looked_for(tmp_path: Path):
    check = base_model.judge(base_model.probe("", tmp_path, tmp_path))
    assert check.level == "warn"
    assert "docs/models.md" in check.remedy
