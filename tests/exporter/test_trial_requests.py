"""A requested trial has one result, whatever happens to the process that makes it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from exporter.domain.trial import TRIAL_STEPS, Trial, TrialCheck
from exporter.export import base_trial
from exporter.export.base_trial import BaseTrial
from exporter.export.trial_requests import TrialRequests, tried
from exporter.settings import ExporterSettings
from ratchet.contract import BaseTrialRequested, Done, utc_now
from ratchet.processes import ChildFailed

REQUEST = BaseTrialRequested(
    event_id="request-1", occurred_at=utc_now(), base_model="plant/base", chat_template="text"
)


def trial(*checks: dict[str, Any]) -> Trial:
    made = [TrialCheck(name=TRIAL_STEPS[at], **check) for at, check in enumerate(checks)]
    return Trial.of("plant/base", None, made)


OK: dict[str, Any] = {"level": "ok", "found": "fine"}
FAIL: dict[str, Any] = {"level": "fail", "found": "the reason", "mend": "the remedy"}
KILLED = {**FAIL, "transient": True}
SKIPPED: dict[str, Any] = {"level": "skipped", "found": "no server"}


@pytest.mark.parametrize(
    ("checks", "fits", "registers"),
    [
        ((OK, OK, OK), True, True),
        ((OK, OK, FAIL), True, False),
        ((OK, OK, KILLED), True, None),
        ((OK, OK, SKIPPED), True, None),
        ((OK, FAIL), False, None),
        ((OK, KILLED), None, None),
        ((FAIL,), False, None),
        ((KILLED,), None, None),
    ],
)
def test_a_result_decides_what_the_trial_has_decided(
    checks: tuple[dict[str, Any], ...], fits: bool | None, registers: bool | None
) -> None:
    result = tried(REQUEST, trial(*checks), 1.0)
    assert (result.fits, result.registers) == (fits, registers)
    failed = any(check["level"] == "fail" for check in checks)
    assert (result.reason, result.remedy) == (("the reason", "the remedy") if failed else ("", ""))
    assert result.caused_by == REQUEST.event_id


def test_the_result_names_the_server_with_its_version() -> None:
    asked = {**OK, "server": "Ollama", "version": "0.33.0"}
    result = tried(REQUEST, trial(OK, OK, asked), 1.0)
    assert (result.server, result.server_version) == ("Ollama", "0.33.0")


@pytest.fixture
def requests(tmp_path: Path) -> TrialRequests:
    return TrialRequests(BaseTrial(ExporterSettings(data_dir=tmp_path), [], "service"))


@pytest.mark.parametrize(("status", "fits"), [(1, False), (-9, None)])
async def test_a_killed_child_decides_nothing_and_one_that_fails_refuses_the_base(
    requests: TrialRequests, monkeypatch: pytest.MonkeyPatch, status: int, fits: bool | None
) -> None:
    async def child(module: str, *_: Any) -> None:
        raise ChildFailed(module, status, "its last words")

    monkeypatch.setattr(base_trial, "run_child", child)
    outcome = await requests.handle(REQUEST)
    assert isinstance(outcome, Done)
    [result] = outcome.emits
    assert result.fits is fits
    assert "its last words" in result.reason
    assert result.remedy


async def test_a_redelivered_request_has_the_same_result_and_finds_an_empty_directory(
    requests: TrialRequests, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As after a kill -9: what the first attempt wrote is gone when the second begins."""
    directory = tmp_path / "work" / "trial-service"
    (directory / "base").mkdir(parents=True)
    (directory / "base" / "config.json").write_text("{}")
    found: list[list[Path]] = []

    async def child(module: str, request: Any, *_: Any) -> None:
        found.append(list(request.work_dir.iterdir()))
        assert request.chat_template == "text"
        raise ChildFailed(module, 1, "no template")

    monkeypatch.setattr(base_trial, "run_child", child)
    first, second = [await requests.handle(REQUEST) for _ in range(2)]
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert [event.event_id for event in first.emits] == [event.event_id for event in second.emits]
    assert found == [[], []]
    assert list(directory.iterdir()) == []


async def test_a_trial_registers_only_while_no_export_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registering = asyncio.Lock()
    base = BaseTrial(ExporterSettings(data_dir=tmp_path), [], "service", registering)
    held: list[bool] = []

    async def registrations(*_: Any) -> TrialCheck:
        held.append(registering.locked())
        return TrialCheck(name="trial registration", **SKIPPED)

    monkeypatch.setattr(base_trial, "small_model", _result(_model()))
    monkeypatch.setattr(base_trial, "export_small", _result(_export()))
    monkeypatch.setattr(base_trial, "trial_record", lambda *_: None)
    monkeypatch.setattr(base_trial.ArtifactStore, "path", lambda *_: tmp_path)
    monkeypatch.setattr(base_trial, "try_registrations", registrations)
    await base.run("plant/base", None)
    assert held == [True]


def _result(value: Any) -> Any:
    async def call(*_: Any) -> Any:
        return value

    return call


def _model() -> Any:
    from exporter.domain.trial import TrialModel

    return TrialModel.model_construct(
        manifest=None, parameters=1, architecture="llama", takes_system=True
    )


def _export() -> Any:
    from exporter.domain.registry.record import Export
    from ratchet.contract import ArtifactRef, Parity

    return Export.model_construct(
        gguf=ArtifactRef(sha256="0" * 64, size=1, name="model.gguf"),
        quantization="f16",
        parity=Parity(top1=1.0, kl=0.0, tokens=1, template_equal=True),
    )
