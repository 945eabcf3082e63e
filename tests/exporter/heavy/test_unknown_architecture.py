"""llama.cpp's own converter ends a run of a base that it does not know with one refusal."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.export.child_processes import ExportProcesses
from exporter.handlers import CheckpointHandler
from exporter.metrics import ExporterMetrics
from exporter.registry.alias import Alias
from exporter.registry.retention import VersionRetention
from exporter.settings import ExporterSettings
from ratchet.contract import CheckpointReady, Done, ModelRefused, utc_now
from ratchet.storage import ArtifactStore

from .conftest import Train
from .tokenizers import packaged

pytestmark = pytest.mark.heavy
ARCHITECTURE = "OPTForCausalLM"


@pytest.fixture
def base(tmp_path: Path, cache_dir: Path) -> Path:
    """Known to transformers and PEFT, so that a run trains it, but not to llama.cpp."""
    import torch
    from transformers import OPTConfig, OPTForCausalLM

    target = tmp_path / "base"
    target.mkdir()
    tokens = packaged(cache_dir)(target)
    torch.manual_seed(1)
    config = OPTConfig(
        hidden_size=64,
        word_embed_proj_dim=64,
        ffn_dim=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        **tokens,
    )
    OPTForCausalLM(config).save_pretrained(target)
    return target


async def test_the_model_is_refused_once_with_its_architecture_and_the_remedy(
    base: Path, tmp_path: Path, train: Train, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ExporterSettings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    artifacts = ArtifactStore(settings.artifacts_dir)
    manifest = await asyncio.to_thread(train, str(base), artifacts)
    checkpoint = CheckpointReady(
        event_id="checkpoint-1",
        occurred_at=utc_now(),
        run_id=manifest.run_id,
        base_model=str(base),
        manifest=artifacts.put_bytes(manifest.model_dump_json().encode(), "manifest.json"),
    )
    with caplog.at_level(logging.INFO):
        outcome = await handler(settings, artifacts).handle(checkpoint)

    assert isinstance(outcome, Done), outcome
    [refused] = outcome.emits
    assert isinstance(refused, ModelRefused)
    assert refused.reason == (
        f"llama.cpp's converter: Model {ARCHITECTURE} is not supported: set "
        "RATCHET_TRAINER_BASE_MODEL to a base whose architecture and tokenizer llama.cpp converts"
    )
    assert "Traceback" not in caplog.text
    assert list(settings.data_dir.glob("work/*")) == []
    assert list(settings.data_dir.glob("registry/m/v*")) == []


def handler(settings: ExporterSettings, artifacts: ArtifactStore) -> CheckpointHandler:
    """As in the service, without a server."""
    root: Any = settings.data_dir / "registry"
    records = LocalRegistry(root, "m")
    return CheckpointHandler(
        name="m",
        exporter=ExportProcesses(settings, lambda _: None),
        artifacts=artifacts,
        records=records,
        server=None,
        alias=Alias(ActivationJournal(root / "m" / "activations.json")),
        registering=asyncio.Lock(),
        limits=settings.limits,
        retention=VersionRetention(artifacts, records, keep=2),
        metrics=ExporterMetrics(CollectorRegistry()),
    )
