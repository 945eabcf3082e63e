"""Base models and adapters small enough to export many times."""

import functools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from exporter.backends.directories import exclusive
from exporter.domain.export_messages import BuiltFile
from exporter.export.build import build
from exporter.export.build_inputs import open_build
from exporter.export.build_steps import BuildSteps
from exporter.export.stage_clock import StageClock
from ratchet.contract import ArtifactRef, Scores, one_turn
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest, Chat, References, likeliest
from ratchet_models.base_models import materialize, weights_sha256
from ratchet_models.references_file import references_bytes
from trainer.domain.evaluation.reference_chats import ReferenceRequest

from .built_files import converting_here, request_for

Adapter = Callable[[str], Path]
Build = Callable[[Path], BuildSteps]
Train = Callable[[str, ArtifactStore], AdapterManifest]
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
PROMPTS = tuple(
    f"{question} of {device}?"
    for question in ("What is the supply temperature", "Is the vibration normal", "Any alarm")
    for device in ("AHU-2", "Pump-3", "Chiller-1")
)
SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)


@pytest.fixture(scope="session")
def tiny_base(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of two small layers with the packaged model's tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    target = tmp_path_factory.mktemp("bases") / "tiny"
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
    )
    LlamaForCausalLM(config).save_pretrained(target)
    for path in materialize("smollm2-135m-instruct", cache_dir).glob("tokenizer*"):
        shutil.copy(path, target)
    return target


@pytest.fixture(scope="session")
def adapter(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """A random adapter that changes the answers as much as a short training does."""

    @functools.cache
    def make(spec: str) -> Path:
        return _adapter(spec, cache_dir, tmp_path_factory.mktemp("adapter"))

    return make


@pytest.fixture(scope="session")
def train(cache_dir: Path, adapter: Adapter, tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Store that adapter with its references; returns its manifest.

    They are recorded in this process, which has imported torch already.
    """

    @functools.cache
    def references(spec: str) -> Path:
        from trainer.reference.recording import record

        request = ReferenceRequest(
            base_model=spec,
            cache_dir=cache_dir,
            adapter=adapter(spec),
            device="cpu",
            spoken=tuple(map(one_turn, PROMPTS)),
            plans=(),
            target=tmp_path_factory.mktemp("references") / "references.safetensors",
        )
        record(request)
        return request.target

    def make(spec: str, artifacts: ArtifactStore) -> AdapterManifest:
        return AdapterManifest(
            run_id="run-1",
            method="dpo",
            base_model=spec,
            base_sha256=weights_sha256(materialize(spec, cache_dir)),
            settings={"r": 8},
            dataset_sha256="e" * 64,
            example_ids=("example-1",),
            files={name: artifacts.put(adapter(spec) / name) for name in ADAPTER_FILES},
            references=artifacts.put(references(spec), "references.safetensors"),
            before=SCORES,
            after=SCORES,
            versions={},
        )

    return make


@pytest.fixture(scope="module")
def converts_here() -> Iterator[None]:
    """Convert in this process, which has imported torch already."""
    with converting_here():
        yield


@pytest.fixture(scope="module")
def built(adapter: Adapter, tmp_path_factory: pytest.TempPathFactory, converts_here: None) -> Build:
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
            references=_with_template_of(base, artifacts),
            before=SCORES,
            after=SCORES,
            versions={},
        )
        request = request_for(directory, manifest, "q8_0")
        with exclusive(request.work_dir):
            assert isinstance(build(request, StageClock(lambda _: None)), BuiltFile)
            return open_build(request)

    return make


def _with_template_of(base: Path, artifacts: ArtifactStore) -> ArtifactRef:
    """References with the base's chat template, and one token that nothing is compared with."""
    config = json.loads((base / "tokenizer_config.json").read_text(encoding="utf-8"))
    jinja = base / "chat_template.jinja"
    template = jinja.read_text(encoding="utf-8") if jinja.is_file() else config["chat_template"]
    chat = Chat(user="?", rendered="?", asked=(1,), said=(), ended=True)
    one = likeliest(np.zeros((1, 64), np.float32))
    references = References(template, 2, 1.0, (chat,), (one,))
    path = base.with_name(f"{base.name}-references")
    path.write_bytes(references_bytes(references))
    return artifacts.put(path)


def _adapter(spec: str, cache_dir: Path, target: Path) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(materialize(spec, cache_dir), dtype=torch.float32)
    config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.03)
    adapted.save_pretrained(str(target))
    return target
