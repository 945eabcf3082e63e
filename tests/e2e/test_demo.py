"""`ratchet demo` empties only its own directory, and reports stages that did not happen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ratchet_testing.valkey import free_port

pytestmark = pytest.mark.heavy
RATCHET = [sys.executable, "-c", "from ratchet_cli.app import main; main()"]


def demo(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*RATCHET, "demo", "--data-dir", str(directory), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_directory_that_no_demo_created_is_unchanged(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = demo(tmp_path)
    assert refused.returncode == 1
    assert "is not empty and was not created by a demo" in refused.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_a_demo_too_short_to_train_ends_with_a_report_without_a_run(tmp_path: Path):
    directory = tmp_path / "demo"
    arguments = ("--port", str(free_port(7)), "--questions", "4", "--limit-s", "6")
    for as_json in (False, True):
        ended = demo(directory, *arguments, *(["--json"] if as_json else []))
        assert ended.returncode == 1, ended.stderr
        output = ended.stderr if as_json else ended.stdout
        assert "stopped after 6 s" in output
        assert "no model was activated" in output
        found = json.loads((directory / "report.json").read_text())
        assert not as_json or json.loads(ended.stdout) == found
        assert found["experiences"] == 8
        assert found["examples"]["labels"] > 0
        assert (found["run"], found["export"], found["model"]) == (None, None, None)
        assert (directory / "report.png").read_bytes().startswith(b"\x89PNG")
