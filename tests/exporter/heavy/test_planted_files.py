"""A file that is not the trained model is refused, and its fault is named."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.directories import exclusive
from exporter.backends.gguf.base_gguf import base_gguf
from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.splice import splice
from exporter.domain.export_messages import ExportRefused
from exporter.domain.parity.quantization import QuantizationChoice
from exporter.export.build_inputs import open_build, read_reference_chats
from exporter.export.build_steps import BuildSteps
from exporter.export.quantization_search import ChosenFile, choose_format
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.storage import ArtifactStore
from ratchet_models.base_models import weights_sha256
from ratchet_models.gguf_file import GgufFile

from .bases import write_base
from .built_files import request_for
from .tokenizers import packaged

pytestmark = pytest.mark.heavy
PlantFault = Callable[[BuildSteps, Path], None]


class Export:
    """One export request of a tiny model."""

    def __init__(self, directory: Path, cache: Path, train: Any) -> None:
        tokenizer = packaged(cache)
        write_base("granite", directory / "other" / "tiny", tokenizer, seed=2)
        base = write_base("granite", directory / "tiny", tokenizer)
        artifacts = ArtifactStore(directory / "artifacts")
        self._request = request_for(directory, train(str(base), artifacts))
        self._references = read_reference_chats(self._request)

    def result(
        self, plant: PlantFault | None = None, kind: QuantizationChoice = "f16"
    ) -> ChosenFile | ExportRefused:
        """The result after `plant` has damaged the f16 file."""
        request = self._request.model_copy(update={"quantization": kind})
        shutil.rmtree(request.work_dir, ignore_errors=True)
        steps = self._open(request)
        f16 = steps.f16()
        if plant is not None:
            plant(steps, f16)
        return choose_format(request, steps, self._references, StageClock(lambda _: None))

    def _open(self, request: ExportRequest) -> BuildSteps:
        with exclusive(request.work_dir):
            return open_build(request)


@pytest.fixture(scope="module")
def export(
    tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, train: Any, converts_here: None
) -> Export:
    return Export(tmp_path_factory.mktemp("planted"), cache_dir, train)


def test_an_undamaged_file_is_chosen_with_the_formats_tried(export: Export):
    chosen = export.result(kind="q8_0")
    assert isinstance(chosen, ChosenFile)
    assert [tried.format for tried in chosen.tried][:2] == ["f16", "q8_0"]
    assert chosen.tried[0].passed
    assert chosen.tried[0].parity is not None
    assert chosen.tried[0].parity.kl_p99 is not None
    assert chosen.tried[-1].format == chosen.quantization
    assert chosen.serving.references
    assert all(len(reference.tokens[0].top) == 20 for reference in chosen.serving.references)


def another_template(steps: BuildSteps, f16: Path) -> None:
    content = f16.read_bytes()
    assert content.count(b"{% for message") == 1
    f16.write_bytes(content.replace(b"{% for message", b"{%for  message"))


def another_base(steps: BuildSteps, f16: Path) -> None:
    weights = (steps.base / "model.safetensors").resolve()
    other = weights.parents[1] / "other" / "tiny"
    aside = f16.with_suffix(".other")
    cache = f16.parent / "another"
    splice(
        base_gguf(other, weights_sha256(other), cache),
        MergedWeights(other, steps.adapter),
        aside,
    )
    aside.replace(f16)


def swapped(steps: BuildSteps, f16: Path) -> None:
    tensors = {tensor.name: tensor for tensor in GgufFile(f16).tensors}
    one, other = (tensors[f"blk.{layer}.ffn_up.weight"] for layer in (0, 1))
    content = bytearray(f16.read_bytes())
    for at, data in ((one, other.data.tobytes()), (other, one.data.tobytes())):
        content[at.data_offset : at.data_offset + len(data)] = data
    f16.write_bytes(content)


def without_the_adapter(steps: BuildSteps, f16: Path) -> None:
    shutil.copyfile(steps.base_gguf().path, f16)


def cut_short(steps: BuildSteps, f16: Path) -> None:
    f16.write_bytes(f16.read_bytes()[:-4096])


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        (another_template, "wrong template"),
        (another_base, "wrong base"),
        (swapped, "swapped tensors: blk.0.ffn_up.weight has the weights of blk.1.ffn_up.weight"),
        (without_the_adapter, "missing adapter"),
        (cut_short, "truncated file"),
    ],
)
def test_each_planted_fault_is_named(export: Export, plant: PlantFault, name: str):
    refused = export.result(plant)
    assert isinstance(refused, ExportRefused)
    assert name in refused.reason
    assert [tried.passed for tried in refused.tried] == [False]
