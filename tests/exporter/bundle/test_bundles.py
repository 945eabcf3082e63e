"""A bundle transfers a model from one plant to another."""

import json
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from exporter.backends.bundle_tar import _header
from exporter.domain.bundle import BundleRefused
from ratchet.storage import sha256_of

from .plant import NAME, VERSION, Plant, Sender, contents, entries


async def test_installing_registers_and_activates_the_model_in_every_registry(
    bundle: Path, sender: Sender, receiver: Plant, ollama: Any
) -> None:
    await receiver.install(bundle, sender.trusted)

    installed = receiver.data / "registry" / NAME / "latest"
    assert await receiver.records.record(VERSION) == sender.record
    assert await receiver.records.active() == VERSION
    assert (installed / "model.gguf").read_bytes() == contents(bundle)["model.gguf"]
    assert (installed / "Modelfile").read_bytes() == contents(bundle)["Modelfile"]
    assert set(ollama.tags) == {f"{NAME}:{VERSION}", f"{NAME}:latest"}


async def test_installing_stores_the_lineage(bundle: Path, sender: Sender, receiver: Plant) -> None:
    await receiver.install(bundle, sender.trusted)

    for artifact in (sender.record.manifest, *sender.manifest.files.values()):
        assert sha256_of(receiver.artifacts.verified(artifact)) == artifact.sha256


async def test_a_model_can_be_installed_without_activation(
    bundle: Path, sender: Sender, receiver: Plant, ollama: Any
) -> None:
    await receiver.install(bundle, sender.trusted, activate=False)

    assert await receiver.records.versions() == (VERSION,)
    assert await receiver.records.active() is None
    assert set(ollama.tags) == {f"{NAME}:{VERSION}"}


async def test_installing_twice_changes_nothing(
    bundle: Path, sender: Sender, receiver: Plant, ollama: Any
) -> None:
    await receiver.install(bundle, sender.trusted)
    before = receiver.files()
    await receiver.install(bundle, sender.trusted)

    assert receiver.files() == before
    served = receiver.data / "registry" / NAME / "latest" / "model.gguf"
    assert served.samefile(receiver.artifacts.path(sender.record.export.gguf))
    assert (ollama.creations, ollama.blobs.uploads) == (1, 1)


async def test_an_installed_model_can_be_bundled_again(
    bundle: Path, sender: Sender, receiver: Plant, tmp_path: Path
) -> None:
    await receiver.install(bundle, sender.trusted)
    onward = Sender(receiver, sender.key, sender.record, sender.manifest)

    assert sha256_of(onward.bundle(tmp_path / "onward.tar")) == sha256_of(bundle)


async def test_a_corrupt_artifact_is_replaced(
    bundle: Path, sender: Sender, receiver: Plant
) -> None:
    await receiver.install(bundle, sender.trusted)
    manifest = receiver.artifacts.path(sender.record.manifest)
    manifest.write_bytes(b"rot")
    await receiver.install(bundle, sender.trusted)

    assert receiver.artifacts.verified(sender.record.manifest) == manifest


def test_the_same_version_gives_the_same_bytes(
    bundle: Path, sender: Sender, tmp_path: Path
) -> None:
    assert sender.bundle(tmp_path / "again.tar").read_bytes() == bundle.read_bytes()


def test_a_bundle_is_a_tar_whose_index_comes_first(bundle: Path) -> None:
    assert [info.name for info, _ in entries(bundle)] == [
        "index.json",
        "index.sig",
        "Modelfile",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "adapter/manifest.json",
        "model.gguf",
        "record.json",
        "sbom.cdx.json",
        "tables.md",
    ]


def test_a_model_may_be_larger_than_8_gib() -> None:
    size = 40 * 1024**3

    assert tarfile.TarInfo.frombuf(_header("model.gguf", size), "ascii", "strict").size == size


def test_the_bill_of_materials_is_valid_and_lists_the_components(
    bundle: Path, sender: Sender
) -> None:
    text = contents(bundle)["sbom.cdx.json"].decode()
    bill = json.loads(text)
    model = bill["metadata"]["component"]
    parts = {part["bom-ref"]: part for part in bill["components"]}

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": sender.record.export.gguf.sha256}]
    assert parts["base-model"]["name"] == "base"
    assert parts["dataset"]["hashes"] == [{"alg": "SHA-256", "content": "e" * 64}]
    assert parts["trl@1.16.0"]["purl"] == "pkg:pypi/trl@1.16.0"
    assert parts["torch@2.13.0"]["properties"] == [
        {"name": "ratchet:stages", "value": "training, export"}
    ]
    assert "purl" not in parts["ratchet@0123456789ab"]


def test_the_tables_have_the_figures_of_the_acceptance(bundle: Path) -> None:
    tables = contents(bundle)["tables.md"].decode()

    for row in (
        "| held-out questions | grounded_accuracy | 0.2500 | 0.1000 | 0.4000 | 30 |",
        "| language de | text_quality | 0.2500 | 0.1000 | 0.4000 | 30 |",
        "| equal likeliest tokens | 0.9800 |",
        "| dataset | " + "e" * 64 + " |",
        "> 21 °C.",
    ):
        assert row in tables


async def test_a_bundle_older_than_the_active_version_is_refused_unless_it_is_only_registered(
    bundle: Path, sender: Sender, receiver: Plant
) -> None:
    await receiver.install(bundle, sender.trusted)
    newer = sender.record.model_copy(
        update={
            "version": "v20270101t000000-0123456789ab",
            "checkpoint_at": sender.record.checkpoint_at + timedelta(days=1),
        }
    )
    gguf = receiver.artifacts.path(newer.export.gguf)
    await receiver.records.register(newer, gguf)
    await receiver.records.move_alias(newer.version)

    with pytest.raises(BundleRefused, match=f"ratchet activate {VERSION}"):
        await receiver.install(bundle, sender.trusted)
    assert await receiver.records.active() == newer.version
    await receiver.install(bundle, sender.trusted, activate=False)
    assert await receiver.records.active() == newer.version
