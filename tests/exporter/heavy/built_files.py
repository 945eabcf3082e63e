"""Builds in the test's own process, where torch is loaded already, and checks of their files."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.merge import write_merged
from exporter.domain.parity.quantization import LIMITS, QuantizationChoice
from exporter.domain.parity.verdict import compare
from exporter.domain.registry.modelfile import Sampling
from exporter.export.build_steps import BuildSteps
from exporter.export.request import ExportRequest
from ratchet_models import AdapterManifest, likeliest

TOKENS = [*range(300, 480, 3)]
"""More than the windows of the attention that slides."""


def request_for(
    directory: Path, manifest: AdapterManifest, kind: QuantizationChoice = "f16"
) -> ExportRequest:
    """The export of `manifest`, whose artifacts are in `directory`."""
    return ExportRequest(
        version="v1",
        manifest=manifest,
        quantization=kind,
        limits=LIMITS,
        sampling=Sampling(),
        artifacts_dir=directory / "artifacts",
        cache_dir=directory / "cache",
        work_dir=directory / "work" / "export-v1",
    )


def run_here(ends: Sequence[int], options: Sequence[str]) -> None:
    """As `run_converter`, which starts a process for each file."""
    from exporter.backends.gguf.converter import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["converter", json.dumps(ends), *options])
        main()


@contextmanager
def converting_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exporter.backends.gguf.convert.run_converter", run_here)
        yield


def plain(steps: BuildSteps, directory: Path) -> Path:
    """The merged model, converted whole."""
    write_merged(steps.base, steps.merged, directory / steps.base.name)
    convert(directory / steps.base.name, directory / "plain.gguf")
    return directory / "plain.gguf"


def assert_is_the_trained_model(steps: BuildSteps) -> None:
    """The files predict what transformers does."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(steps.base, dtype=torch.float32)
    trained = PeftModel.from_pretrained(base, str(steps.adapter))
    with torch.inference_mode():
        expected = likeliest(trained(torch.tensor([TOKENS])).logits[0].numpy())
        with trained.disable_adapter():
            training = compare(expected, trained(torch.tensor([TOKENS])).logits[0].numpy())
    for kind, share in (("f16", 0.001), ("q8_0", 0.1)):
        with open_model(steps.file(kind), context=256) as model:
            agreement = compare(expected, model.logits(TOKENS, len(TOKENS)))
        assert agreement.kl < share * training.kl
