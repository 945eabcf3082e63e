"""The printed commands name files and programs that exist."""

import shlex
from pathlib import Path

import pytest

from ratchet_cli.demo.machine_peak import matmul_gflops
from ratchet_cli.demo.next_steps import next_steps


def test_the_model_is_asked_by_its_file_in_the_registry_of_the_demo():
    steps = next_steps(Path("var/demo"), has_model=True)
    python, *words = shlex.split(steps["ask the model"])
    assert Path(python).name.startswith("python")
    assert words[:4] == [
        *("-m", "exporter", "answer"),
        "var/demo/registry/ratchet-demo/latest/model.gguf",
    ]
    assert words.count("--reading") == 3
    assert "-f var/demo/registry/ratchet-demo/latest/Modelfile" in steps["ask it in Ollama"]


def test_without_a_model_nothing_is_said_of_asking_it():
    steps = next_steps(Path("var/demo"), has_model=False)
    assert not any(step.startswith("ask") for step in steps)
    assert " up --data-dir var/ratchet" in steps["keep a system running"]


def test_programs_below_the_working_directory_are_named_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / ".venv" / "bin" / "python"))
    steps = next_steps(Path("var/demo"), has_model=False)
    assert steps["see what it does"].startswith(".venv/bin/ratchet status")


def test_the_speed_of_the_machine_is_a_positive_number():
    assert matmul_gflops() > 0
