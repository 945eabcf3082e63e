"""A plant that trained a model, and one that has none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.bundle import document
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import ArtifactRef, GateFigures, Interval, Scores, SliceGain
from ratchet.storage.signing_keys import make_signing_key
from ratchet_models import AdapterManifest

from .plant import NAME, VERSION, Plant, Sender


@pytest.fixture
async def sender(tmp_path: Path, record: Any, gguf: Path) -> Sender:
    plant = Plant(tmp_path / "sender")
    files = {
        "adapter_config.json": plant.artifacts.put_bytes(b"{}", "adapter_config.json"),
        "adapter_model.safetensors": plant.artifacts.put_bytes(b"weights" * 999, "weights"),
    }
    gain = Interval(mean=0.25, low=0.1, high=0.4, n=30)
    scores = Scores(preference_accuracy=0.5, text_quality=0.5, grounded_accuracy=0.5)
    manifest = AdapterManifest(
        run_id="run-1",
        method="dpo",
        base_model="base",
        base_sha256="b" * 64,
        settings={"dpo.beta": 0.1},
        dataset_sha256="e" * 64,
        example_ids=("example-1", "example-2"),
        files=files,
        references=ArtifactRef(sha256="9" * 64, size=1, name="references.safetensors"),
        before=scores,
        after=scores,
        versions={"torch": "2.13.0", "trl": "1.16.0", "ratchet": "0123456789ab"},
        figures=GateFigures(
            held_out={"grounded_accuracy": gain},
            slices=(SliceGain(slice="language de", measure="text_quality", gain=gain),),
            length_ratio=1.1,
        ),
    )
    plant.artifacts.put(gguf, "model.gguf")
    registered: ModelRecord = record(VERSION)
    registered = registered.model_copy(
        update={
            "manifest": plant.artifacts.put_bytes(document(manifest), "manifest.json"),
            "export": registered.export.model_copy(
                update={"versions": {"torch": "2.13.0", "llama-cpp-python": "0.3.36"}}
            ),
        }
    )
    await plant.records.register(registered, gguf)
    await plant.records.move_alias(VERSION)
    key = make_signing_key(plant.data / "keys" / "bundle.pem")
    return Sender(plant, key, registered, manifest)


@pytest.fixture
def bundle(sender: Sender, tmp_path: Path) -> Path:
    return sender.bundle(tmp_path / "model.bundle.tar")


@pytest.fixture
async def receiver(tmp_path: Path, ollama: Any) -> AsyncIterator[Plant]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        yield Plant(tmp_path / "receiver", OllamaRegistry(client, NAME))
