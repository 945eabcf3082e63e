"""`ratchet doctor` shows the exporter's trial, and uses the size that it finds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.domain.trial import TRIAL_STEPS
from ratchet_cli.doctor import memory, trial
from ratchet_cli.doctor.check import Check, fail, ok
from ratchet_cli.doctor.examination import CheckedSettings
from ratchet_cli.doctor.memory import MemoryFacts
from ratchet_cli.doctor.trial import TrialFacts
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.formatting import GIB

Ratchet = Callable[..., Any]
REFUSED = fail("chat format", "the base has no chat template", "set it")


@pytest.fixture
def examined(
    ratchet: Ratchet, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ratchet:
    """The checks by name, with a given result of the trial."""
    monkeypatch.setenv("RATCHET_TRAINER_BASE_MODEL", "plant/not-downloaded")
    monkeypatch.setenv("RATCHET_EXPORTER_OLLAMA_URL", "")
    monkeypatch.setenv("RATCHET_CACHE_DIR", str(tmp_path / "cache"))

    async def run(facts: TrialFacts) -> dict[str, dict[str, str]]:
        async def probe(settings: dict[str, str], data_dir: Path) -> TrialFacts:
            assert settings["trainer_base_model"] == "plant/not-downloaded"
            return facts

        monkeypatch.setattr(trial, "probe", probe)
        where = ("--redis-url", valkey_url, "--data-dir", str(tmp_path))
        ended = await ratchet("doctor", "--json", *where)
        return {check["name"]: check for check in ended.value["checks"]}

    return run


async def test_a_failed_step_is_a_failed_check(examined: Ratchet):
    found = await examined(TrialFacts((REFUSED,)))
    assert found["chat format"] == REFUSED.as_json()


async def test_disk_and_memory_are_judged_by_the_configuration_of_a_base_not_there_yet(
    examined: Ratchet,
):
    found = await examined(TrialFacts((ok("chat format", "llama"),), parameters=8_030_261_248))
    assert "an export needs up to 62.8 GiB" in found["disk"]["found"]
    assert "a run and its export need about" in found["memory"]["found"]
    unknown = await examined(TrialFacts(problem="no network"))
    assert "known after the first run" in unknown["disk"]["found"]
    assert "known after the first run" in unknown["memory"]["found"]


def test_a_trial_without_a_result_names_the_command_that_shows_why():
    first, *others = trial.judge(TrialFacts(problem="ModuleNotFoundError: No module named 'torch'"))
    assert first.level == "warn"
    assert "ModuleNotFoundError" in first.finding
    assert "python -m exporter trial" in first.remedy
    assert {check.level for check in others} == {"skipped"}


async def test_without_an_exporter_the_trial_is_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(trial, "find_spec", lambda name: None)
    checks = trial.judge(await trial.probe({}, tmp_path))
    assert [check.name for check in checks] == list(trial.NAMES)
    assert {check.level for check in checks} == {"skipped"}


@pytest.mark.parametrize(
    ("output", "checks"),
    [
        (
            {
                "parameters": 5,
                "checks": [{"name": "chat format", "level": "ok", "found": "llama", "mend": ""}],
            },
            (Check("chat format", "ok", "llama"),),
        ),
        ({"error": "the settings are unusable"}, ()),
    ],
)
async def test_the_output_of_the_command_is_read(
    output: object, checks: tuple[Check, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(output)}'\necho last >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(trial.sys, "executable", str(program))
    facts = await trial.probe({"trainer_base_model": "m"}, tmp_path)
    assert facts.checks == checks
    assert facts.problem == ("" if checks else "last")


def test_the_trial_has_the_settings_of_the_running_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("RATCHET_EXPORTER_OLLAMA_URL", raising=False)
    started_with = {
        "RATCHET_TRAINER_BASE_MODEL": "plant/base",
        "RATCHET_TRAINER_CHAT_TEMPLATE_FILE": "/etc/chat.jinja",
        "RATCHET_CACHE_DIR": str(tmp_path),
    }
    recorded = Embedded(tmp_path, 8100, started_with).recorded_settings()
    assert CheckedSettings.of(recorded).for_a_trial == {
        "trainer_base_model": "plant/base",
        "trainer_chat_template_file": "/etc/chat.jinja",
        "exporter_model_name": "cc-widget-selector",
        "exporter_ollama_url": "http://127.0.0.1:11434",
        "exporter_llama_server_url": "",
        "cache_dir": str(tmp_path),
    }


def test_the_steps_have_the_names_that_the_exporter_gives_them():
    assert trial.NAMES == TRIAL_STEPS


@pytest.mark.parametrize(
    ("free", "on_a_gpu", "level"),
    [(18, True, "ok"), (16, True, "warn"), (33, False, "ok"), (30, False, "warn")],
)
def test_free_memory_is_compared_with_the_need_of_the_base(free: int, on_a_gpu: bool, level: str):
    facts = MemoryFacts(free * GIB, 64 * GIB, on_a_gpu, 8_030_261_248)
    assert memory.judge(facts).level == level


def test_memory_is_read_from_the_kernel_and_skipped_without_one(tmp_path: Path):
    file = tmp_path / "meminfo"
    file.write_text("MemTotal: 2048 kB\nMemFree: 1 kB\nMemAvailable: 1024 kB\nHugePages_Free: 0\n")
    assert memory.probe(False, 1, file) == MemoryFacts(2**20, 2**21, False, 1)
    assert memory.judge(memory.probe(False, 1, tmp_path / "none")).level == "skipped"
