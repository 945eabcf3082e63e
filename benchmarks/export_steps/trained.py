"""Creates an adapter with about the effect of a short training, with its manifest."""

import time
from dataclasses import dataclass
from pathlib import Path

from ratchet.contract import Scores
from ratchet.measures import voice_prompt, widget_prompt
from ratchet.storage import ArtifactStore
from ratchet_models import AdapterManifest
from ratchet_models.base_models import materialize, weights_sha256
from ratchet_testing.references import references_of

_SCORES = Scores(preference_accuracy=1.0, text_quality=0.9, grounded_accuracy=0.7)
_QUESTIONS = ("What is the power", "How warm is the bearing", "Is the vibration normal")
_DEVICES = ("pump 001", "fan 002", "boiler 003", "mixer 004", "chiller 005")


@dataclass(frozen=True)
class Made:
    """`references_s` is the time for recording the reference answers."""

    manifest: AdapterManifest
    references_s: float


def adapter_of(
    spec: str,
    cache_dir: Path,
    artifacts: ArtifactStore,
    directory: Path,
    seed: int = 0,
    spread: float = 0.01,
) -> Made:
    """Writes PEFT's two files to `directory` and into `artifacts`.

    `spread` is the standard deviation of the LoRA weights that start at 0.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = materialize(spec, cache_dir)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=spread)
    adapted.save_pretrained(str(directory))
    questions = [f"{question} of {device}?" for device in _DEVICES for question in _QUESTIONS]
    began = time.perf_counter()
    references = references_of(
        spec,
        cache_dir,
        directory,
        artifacts,
        [voice_prompt(question, ()) for question in questions],
        [widget_prompt(question) for question in questions[:2]],
    )
    references_s = time.perf_counter() - began
    manifest = AdapterManifest(
        run_id=f"benchmark-{seed}",
        method="dpo",
        base_model=spec,
        base_sha256=weights_sha256(base),
        settings={},
        dataset_sha256="0" * 64,
        example_ids=(),
        files={
            name: artifacts.put(directory / name)
            for name in ("adapter_config.json", "adapter_model.safetensors")
        },
        references=references,
        before=_SCORES,
        after=_SCORES,
        versions={},
    )
    return Made(manifest, references_s)
