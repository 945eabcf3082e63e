"""Base models and adapters small enough to export many times."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ratchet.artifacts import ArtifactStore
from ratchet.base_models import materialise, weights_sha256
from ratchet.events.run import Scores
from ratchet.manifest import AdapterManifest

Train = Callable[[str, ArtifactStore], AdapterManifest]
PROMPTS = tuple(
    f"{question} of {device}?"
    for question in ("What is the supply temperature", "Is the vibration normal", "Any alarm")
    for device in ("AHU-2", "Pump-3", "Chiller-1")
)
SCORES = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def tiny_base(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    for path in materialise("smollm2-135m-instruct", cache).glob("tokenizer*"):
        shutil.copy(path, target)
    return target


@pytest.fixture(scope="session")
def train(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Make a random adapter that moves the answers as far as a short training does."""

    def make(spec: str, artifacts: ArtifactStore) -> AdapterManifest:
        return _adapter(spec, cache, artifacts, tmp_path_factory.mktemp("adapter"))

    return make


def _adapter(spec: str, cache: Path, artifacts: ArtifactStore, aside: Path) -> AdapterManifest:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = materialise(spec, cache)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.03)
    adapted.save_pretrained(str(aside))
    return AdapterManifest(
        run_id="run-1",
        method="dpo",
        base_model=spec,
        base_sha256=weights_sha256(base),
        settings={"r": 8},
        dataset_sha256="e" * 64,
        example_ids=("example-1",),
        files={
            name: artifacts.put(aside / name)
            for name in ("adapter_config.json", "adapter_model.safetensors")
        },
        parity_prompts=PROMPTS,
        before=SCORES,
        after=SCORES,
        versions={},
    )
