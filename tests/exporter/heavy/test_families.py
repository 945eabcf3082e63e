"""Bases of every supported family go through the build, and their files are the trained models."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.backends.directories import exclusive
from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.llama import open_model
from exporter.backends.gguf.merge import write_merged
from exporter.backends.gguf.splice import PROVEN, spliceable
from exporter.backends.gguf.weight_audit import audit
from exporter.domain.export_messages import BuiltFile
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.parity.verdict import compare
from exporter.domain.registry.modelfile import Sampling
from exporter.export.build import build
from exporter.export.build_inputs import open_build
from exporter.export.build_steps import BuildSteps
from exporter.export.request import ExportRequest
from exporter.export.stage_clock import StageClock
from ratchet.models import AdapterManifest, likeliest
from ratchet.models.base_models import weights_sha256
from ratchet.storage import ArtifactStore, sha256_of

from .bases import FAMILIES, write_base
from .conftest import ADAPTER_FILES, SCORES
from .conversion import converting_here
from .tokenizers import llama3, qwen, sentences

TEXT = "¿Qué tal?  It's 1234567,5 °C\n\n at P-101A\t— 泵2 ☃ he'll\r\n  x = y;  \n"
pytestmark = pytest.mark.heavy
Build = Callable[[Path], BuildSteps]
TOKENS = [*range(300, 480, 3)]
"""More than the windows of the attention that slides."""


@pytest.fixture(scope="module", autouse=True)
def in_process() -> Iterator[None]:
    with converting_here():
        yield


@pytest.fixture(scope="module")
def built(adapter: Any, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the export of a base with a random adapter, as q8_0."""

    def make(base: Path) -> BuildSteps:
        directory = tmp_path_factory.mktemp("built")
        artifacts = ArtifactStore(directory / "artifacts")
        files = {name: artifacts.put(adapter(str(base)) / name) for name in ADAPTER_FILES}
        manifest = AdapterManifest(
            run_id="run-1",
            method="dpo",
            base_model=str(base),
            base_sha256=weights_sha256(base),
            settings={},
            dataset_sha256="e" * 64,
            example_ids=("example-1",),
            files=files,
            before=SCORES,
            after=SCORES,
            versions={},
        )
        request = ExportRequest(
            version="v1",
            manifest=manifest,
            quantization="q8_0",
            limits=LIMITS,
            sampling=Sampling(),
            artifacts_dir=directory / "artifacts",
            cache_dir=directory / "cache",
            work_dir=directory / "work" / "export-v1",
        )
        with exclusive(request.work_dir):
            assert isinstance(build(request, StageClock(lambda _: None)), BuiltFile)
            return open_build(request)

    return make


@pytest.fixture(scope="module", params=FAMILIES)
def steps(request: Any, built: Build, tmp_path_factory: pytest.TempPathFactory) -> BuildSteps:
    directory = tmp_path_factory.mktemp("bases") / request.param.replace(" ", "-")
    return built(write_base(request.param, directory, sentences))


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


def test_a_snapshot_of_the_hub_has_the_name_of_its_repository(built: Build, tmp_path: Path) -> None:
    """llama.cpp removes spaces after the special tokens of a model with this name."""
    hub = tmp_path / "models--microsoft--Phi-3-mini-4k-instruct" / "snapshots" / ("0a67737c" * 5)
    steps = built(write_base("phi 3", hub, sentences))
    with open_model(steps.f16(), context=64) as model:
        assert model._model.metadata["general.name"] == "Phi-3-mini-4k-instruct"
        assert model.tokens("<|user|>\n  x") == model.tokens("<|user|>x")


def test_another_architecture_is_converted_whole(built: Build, tmp_path: Path) -> None:
    base = write_base("llama 3.2", tmp_path / "base", sentences)
    path = base / "config.json"
    path.write_text(path.read_text().replace('"LlamaFor', '"LLaMAFor'))
    steps = built(base)

    assert steps.assembly == "converted"
    assert sha256_of(steps.f16()) == sha256_of(plain(steps, tmp_path / "merged"))
    assert_is_the_trained_model(steps)
    assert audit(steps.f16(), steps.base_gguf(), steps.merged) is None


def test_weights_in_shards_and_beside_other_copies_give_the_same_file(
    built: Build, tmp_path: Path
) -> None:
    """The other copies are those of another model: whoever reads them notices."""
    from transformers import AutoModelForCausalLM

    whole = write_base("mistral", tmp_path / "whole" / "base", sentences)
    other = write_base("mistral", tmp_path / "other", sentences, seed=2)
    shards = tmp_path / "shards" / "base"
    shutil.copytree(whole, shards)
    (shards / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(whole).save_pretrained(shards, max_shard_size="1MB")
    for copy in ("consolidated.safetensors", "model-00001-of-00001.safetensors"):
        shutil.copy(other / "model.safetensors", shards / copy)
    first, second = built(whole), built(shards)

    assert len(list(shards.glob("model-*"))) > 3
    assert first.parameters == second.parameters
    assert sha256_of(first.base_gguf().path) == sha256_of(second.base_gguf().path)
    assert_is_the_trained_model(second)


def test_every_end_token_of_the_base_ends_an_answer(built: Build, tmp_path: Path) -> None:
    """One is the tokenizer's, llama.cpp knows the second, the file has the other two."""
    base = write_base("gemma 2", tmp_path / "base", sentences)
    path = base / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [2, 5, 401, 400]}))
    steps = built(base)
    with open_model(steps.f16(), context=64) as model:
        assert [token for token in range(600) if model.ends(token)] == [2, 5, 400, 401]
        assert model.end_of_turn == 2
    assert sha256_of(steps.f16()) == sha256_of(plain(steps, tmp_path / "merged"))


def test_an_answer_ends_at_any_end_token(steps: BuildSteps, monkeypatch: Any) -> None:
    with open_model(steps.f16(), context=64) as model:
        said = iter([300, 301, 5, 302])
        monkeypatch.setattr(model, "logits", lambda *_: np.eye(600)[[next(said)]])
        assert model.greedy([1], draft=(), limit=9) == [300, 301]


@pytest.mark.parametrize(
    ("family", "write_tokenizer", "kind", "ends"),
    [("llama 3.1", llama3, "llama-bpe", 128009), ("qwen 3", qwen, "qwen2", 151645)],
)
def test_a_real_tokenizer_splits_as_in_transformers(
    tmp_path: Path, family: str, write_tokenizer: Any, kind: str, ends: int
) -> None:
    from transformers import AutoTokenizer

    base = write_base(family, tmp_path / "base", write_tokenizer)
    convert(base, tmp_path / "f16.gguf")
    tokenizer = AutoTokenizer.from_pretrained(base)
    chat: Any = [{"role": "user", "content": TEXT}]
    rendered = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    with open_model(tmp_path / "f16.gguf", context=64) as model:
        assert model.render(chat) == rendered
        assert model.tokens(rendered) == tokenizer(rendered, add_special_tokens=False)["input_ids"]
        assert model.end_of_turn == ends == tokenizer.eos_token_id
        assert model._model.metadata["tokenizer.ggml.pre"] == kind
