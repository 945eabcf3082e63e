"""A model that llama.cpp cannot have is a refusal with its remedy; other failures are retried."""

import json
from pathlib import Path

import pytest

from exporter.backends.gguf import convert as conversion
from exporter.backends.gguf.base_gguf import base_gguf
from exporter.backends.gguf.convert import ConversionFailed, ConversionRefused, convert
from exporter.domain.export_messages import ExportRefused
from exporter.export import build as build_module
from exporter.export.build import build
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock


def failing(monkeypatch: pytest.MonkeyPatch, directory: Path, errors: str, status: int = 1) -> None:
    """Every converter writes `errors` and ends with `status`."""
    program = directory / "python"
    (directory / "errors").write_text(errors)
    program.write_text(f"#!/bin/sh\ncat {directory}/errors >&2\nexit {status}\n")
    program.chmod(0o755)
    monkeypatch.setattr("exporter.backends.gguf.convert.sys.executable", str(program))


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            "INFO:hf-to-gguf:Model architecture: FooForCausalLM\n"
            "ERROR:hf-to-gguf:Model FooForCausalLM is not supported\n",
            "Model FooForCausalLM is not supported",
        ),
        (
            "Traceback (most recent call last):\n  File 'x'\n"
            "NotImplementedError: BPE pre-tokenizer was not recognized\n",
            "BPE pre-tokenizer was not recognized",
        ),
        (
            "KeyError: 'Foo'\n\nThe above exception was the direct cause:\n\n"
            "NotImplementedError: Architecture 'Foo' not supported!\n",
            "Architecture 'Foo' not supported!",
        ),
        ("ValueError: Can not map tensor 'model.x.weight'\n", "Can not map tensor"),
        ("KeyError: 'rope_theta'\n", "no 'rope_theta'"),
        ("NotImplementedError: \n", "NotImplementedError"),
    ],
)
def test_a_model_that_the_converter_does_not_know_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, errors: str, reason: str
) -> None:
    failing(monkeypatch, tmp_path, errors)
    with pytest.raises(ConversionRefused, match=r"llama\.cpp's converter: ") as refused:
        convert(tmp_path, tmp_path / "f16.gguf")
    assert reason in str(refused.value)
    assert "RATCHET_TRAINER_BASE_MODEL" in refused.value.remedy


@pytest.mark.parametrize(
    "errors",
    [
        "OSError: [Errno 28] No space left on device\n",
        "MemoryError: \n",
        "ValueError: of an attempt\n\nDuring handling:\n\nOSError: [Errno 5] Input/output error\n",
        "Killed\n",
        "",
    ],
)
def test_a_converter_that_the_machine_stopped_is_retried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, errors: str
) -> None:
    failing(monkeypatch, tmp_path, errors)
    with pytest.raises(ConversionFailed):
        convert(tmp_path, tmp_path / "f16.gguf")


def test_more_end_tokens_than_a_file_can_have_are_refused_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 7, 8, 9]}))
    target = tmp_path / "f16.gguf"
    monkeypatch.setattr(conversion, "run_converter", lambda *_: target.write_bytes(b"GGUF"))
    monkeypatch.setattr(conversion, "without_end", lambda _, tokens: list(tokens)[1:])
    with pytest.raises(ConversionRefused, match=r"\[7, 8, 9\], and a file can name 2") as refused:
        convert(tmp_path, target)
    assert "generation_config.json" in refused.value.remedy


def test_a_refused_conversion_is_a_refused_export(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise ConversionRefused("Model Foo is not supported", "train on another base")

    monkeypatch.setattr(build_module, "_build", refuse)
    outcome = build(ExportRequest.model_construct(), StageClock(lambda _: None))
    assert isinstance(outcome, ExportRefused)
    assert outcome.message == "Model Foo is not supported: train on another base"


def test_a_refused_base_leaves_nothing_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    failing(monkeypatch, tmp_path, "ERROR:hf-to-gguf:Model Foo is not supported\n")
    with pytest.raises(ConversionRefused):
        base_gguf(base, "0" * 64, tmp_path / "cache")
    assert list((tmp_path / "cache" / "gguf").iterdir()) == []
