"""Bases with real tokenizers and published templates, exported, registered and served."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from served_by.llama_servers import by_alias, by_directory

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.domain.parity.quantization import QuantizationChoice
from exporter.domain.registry.record import Export
from exporter.domain.trial import TrialModel
from exporter.export.base_trial import export_small, settings_apart, small_model, trial_record
from exporter.registry.trial_registration import TrialServer, try_registration
from exporter.settings import ExporterSettings
from ratchet.storage import ArtifactStore
from ratchet_testing.asgi_server import serving
from ratchet_testing.ollama_server.rendering import Manner
from ratchet_testing.ollama_server.server import OllamaStandIn
from ratchet_testing.tiktoken_vocabularies import LLAMA_3, QWEN, TiktokenVocabulary
from ratchet_testing.valkey import free_port

MANNERS: tuple[Manner, ...] = ("old", "new")


@dataclass(frozen=True)
class Base:
    """`template` is the name of a published chat template."""

    name: str
    vocabulary: TiktokenVocabulary
    template: str
    config: dict[str, Any]


_COMMON = {"num_hidden_layers": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": False}
BASES = (
    Base(
        name="Llama 3.1 8B",
        vocabulary=LLAMA_3,
        template="meta-llama-Llama-3.1-8B-Instruct",
        config={
            **_COMMON,
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "vocab_size": 128256,
            "hidden_size": 4096,
            "intermediate_size": 14336,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "bos_token_id": 128000,
            "rope_theta": 500000.0,
            "eos_token_id": [128001, 128008, 128009],
            "max_position_embeddings": 131072,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            },
        },
    ),
    Base(
        name="Qwen 2.5 7B",
        vocabulary=QWEN,
        template="Qwen-Qwen2.5-7B-Instruct",
        config={
            **_COMMON,
            "model_type": "qwen2",
            "architectures": ["Qwen2ForCausalLM"],
            "vocab_size": 152064,
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "bos_token_id": 151643,
            "rope_theta": 1000000.0,
            "eos_token_id": [151645, 151643],
            "max_position_embeddings": 32768,
            "num_hidden_layers": 28,
        },
    ),
)


@dataclass(frozen=True)
class ServedBase:
    """`top1` is None where the server was refused, because of `finding`."""

    base: str
    manner: str
    top1: float | None
    finding: str


async def serve(
    base: Base, template: str, directory: Path, program: Path | None, kind: QuantizationChoice
) -> list[ServedBase]:
    """Export a small model of `base`, and register it.

    With the stand-in for Ollama in both manners, and with `program`, a llama-server, in both ways.
    """
    spec = directory / "base"
    write_base(base, template, spec)
    settings = ExporterSettings(
        exporter_quantization=kind,
        data_dir=directory,
        cache_dir=directory / "cache",
    )
    apart = settings_apart(settings, directory / "trial")
    model = await small_model(settings, apart, str(spec), None)
    if not isinstance(model, TrialModel):
        return [ServedBase(base.name, manner, None, model.reason) for manner in MANNERS]
    export = await export_small(apart, model)
    if not isinstance(export, Export):
        return [ServedBase(base.name, manner, None, export.found) for manner in MANNERS]
    gguf = ArtifactStore(apart.artifacts_dir).path(export.gguf)
    served = []
    for manner in MANNERS:
        stand_in = OllamaStandIn(directory / manner, manner)
        url = f"http://127.0.0.1:{(port := free_port())}"
        async with serving(stand_in.app, port), ollama_client(url) as client:
            record = trial_record(model.manifest, export, "trial")
            server = TrialServer("Ollama", url, OllamaRegistry(client, record.name))
            check = await try_registration(server, record, gguf, apart.limits)
        served.append(ServedBase(base.name, manner, check.top1, check.found))
    for way, register in (("directory", by_directory), ("one model", by_alias)) if program else ():
        record = trial_record(model.manifest, export, "trial")
        finding = await register(program, directory / way, record, gguf, apart.limits)
        served.append(ServedBase(base.name, f"llama-server, {way}", *finding))
    return served


def write_base(base: Base, template: str, directory: Path) -> None:
    """Configuration, tokenizer and chat template, without weights."""
    base.vocabulary.write(directory, template)
    (directory / "config.json").write_text(json.dumps(base.config))
