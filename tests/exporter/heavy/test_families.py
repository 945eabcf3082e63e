"""Bases of every supported family go through the build, and their files are the trained models."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.splice import PROVEN, spliceable
from exporter.backends.gguf.weight_audit import audit
from exporter.export.build_steps import BuildSteps
from ratchet.storage import sha256_of

from .bases import FAMILIES, write_base
from .built_files import assert_is_the_trained_model, plain
from .conftest import Build
from .tokenizers import sentences

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module", params=FAMILIES)
def steps(request: Any, built: Build, tmp_path_factory: pytest.TempPathFactory) -> BuildSteps:
    directory = tmp_path_factory.mktemp("bases") / request.param.replace(" ", "-")
    return built(write_base(request.param, directory, sentences))


def test_the_spliced_file_equals_the_converted_one(steps: BuildSteps, tmp_path: Path) -> None:
    assert steps.assembly == "spliced"
    assert sha256_of(steps.f16()) == sha256_of(plain(steps, tmp_path))
    assert sha256_of(steps.f16()) != sha256_of(steps.base_gguf().path)


def test_the_files_are_the_trained_model(steps: BuildSteps) -> None:
    assert_is_the_trained_model(steps)


def test_the_files_have_the_expected_weights(steps: BuildSteps) -> None:
    for kind in ("f16", "q8_0"):
        assert audit(steps.file(kind), steps.base_gguf(), steps.merged) is None


def test_an_adapted_weight_that_cannot_be_located_is_not_spliced_and_no_fault(
    steps: BuildSteps,
) -> None:
    base, lost = steps.base_gguf(), min(steps.merged.adapted)
    others = {name: at for name, at in base.locations.items() if name != lost}
    without = replace(base, locations=others)

    assert not spliceable(without, steps.merged)
    assert audit(steps.f16(), without, steps.merged) is None


def test_the_base_is_converted_once(steps: BuildSteps) -> None:
    before = steps.base_gguf().path.stat().st_mtime_ns

    assert steps.base_is_converted
    assert steps.base_gguf().path.stat().st_mtime_ns == before


def test_every_proven_architecture_is_tried() -> None:
    assert {f"{family.kind}ForCausalLM" for family in FAMILIES.values()} == PROVEN


def test_an_answer_ends_at_any_end_token(steps: BuildSteps, monkeypatch: Any) -> None:
    with open_model(steps.f16(), context=64) as model:
        said = iter([300, 301, 5, 302])
        monkeypatch.setattr(model, "logits", lambda *_: np.eye(600)[[next(said)]])
        assert model.greedy([1], draft=(), limit=9) == [300, 301]
