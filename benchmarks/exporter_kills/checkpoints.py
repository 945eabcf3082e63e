"""Provides a base model and one adapter after the other to export."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import torch
from export_steps.trained import adapter_of
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils.logging import disable_progress_bar

from ratchet.contract import CheckpointReady
from ratchet.storage import ArtifactStore
from ratchet_models.base_models import PACKAGED, materialize

TINY = "tiny"
MODEL = "m"
_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_SPREADS = {TINY: 0.03}


@dataclass
class Checkpoints:
    """`spec` is `TINY`, a random model of two layers, or a base model's name."""

    root: Path
    spec: str
    seed: int

    def __post_init__(self) -> None:
        disable_progress_bar()
        self.data_dir = self.root / "data"
        self.artifacts = ArtifactStore(self.data_dir / "artifacts")
        if self.spec == TINY:
            self.base = _tiny(self.root / "bases" / TINY, self.seed)
        else:
            self.base = materialize(self.spec, self.data_dir / "cache")

    def environment(self, redis_url: str, port: int, ollama_url: str) -> Mapping[str, str]:
        return {
            "RATCHET_REDIS_URL": redis_url,
            "RATCHET_DATA_DIR": str(self.data_dir),
            "RATCHET_CACHE_DIR": str(self.data_dir / "cache"),
            "RATCHET_PORT": str(port),
            "RATCHET_RETRY_BASE_S": "0.05",
            "RATCHET_RETRY_MAX_ATTEMPTS": "1000",
            "RATCHET_EXPORTER_OLLAMA_URL": ollama_url,
            "RATCHET_EXPORTER_MODEL_NAME": MODEL,
        }

    def checkpoint(self, number: int) -> CheckpointReady:
        """A new adapter, one minute younger than the last; sometimes on a new base."""
        if number % 2 == 0:
            shutil.rmtree(self.data_dir / "cache" / "gguf", ignore_errors=True)
        spec = str(self.base) if self.spec == TINY else self.spec
        aside = self.root / "adapter"
        made = adapter_of(
            spec,
            self.data_dir / "cache",
            self.artifacts,
            aside,
            number,
            _SPREADS.get(self.spec, 0.01),
        )
        shutil.rmtree(aside)
        manifest = made.manifest
        return CheckpointReady(
            event_id=f"checkpoint-{number}",
            occurred_at=_START + timedelta(minutes=number),
            run_id=manifest.run_id,
            base_model=spec,
            manifest=self.artifacts.put_bytes(manifest.model_dump_json().encode(), "manifest.json"),
        )


def _tiny(directory: Path, seed: int) -> Path:
    """Random weights with the packaged model's tokenizer."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
    )
    LlamaForCausalLM(config).save_pretrained(directory)
    packaged = materialize(next(iter(PACKAGED)), Path("var/cache").absolute())
    for path in packaged.glob("tokenizer*"):
        shutil.copy(path, directory)
    return directory
