"""Writes the bill of materials of a model in CycloneDX 1.6 JSON."""

from collections import defaultdict
from uuid import UUID

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from exporter.domain.registry.record import ModelRecord
from ratchet.contract import derived_id
from ratchet_models import AdapterManifest

_OURS = "ratchet"
"""The key of this repository's code in a manifest's versions: its value is a hash, no release."""


def bill_of_materials(record: ModelRecord, manifest: AdapterManifest) -> bytes:
    """The model and its components; equal arguments give equal bytes.

    The timestamp is that of the checkpoint. The base model's hash is a property and not a `hash`,
    because it covers names and bytes of all weights and is not that of a file.
    """
    export = record.export
    model = Component(
        bom_ref="model",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=record.name,
        version=record.version,
        hashes=[_sha256(export.gguf.sha256)],
        properties=_properties(run_id=record.run_id, quantization=export.quantization),
    )
    base = Component(
        bom_ref="base-model",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=record.base_model,
        version=manifest.base_revision,
        properties=_properties(weights_sha256=record.base_sha256),
    )
    dataset = Component(
        bom_ref="dataset",
        type=ComponentType.DATA,
        name="training and held-out examples",
        hashes=[_sha256(record.dataset_sha256)],
        properties=_properties(examples=str(len(manifest.example_ids))),
    )
    adapter = Component(
        bom_ref="adapter",
        type=ComponentType.DATA,
        name="manifest of the adapter",
        hashes=[_sha256(record.manifest.sha256)],
        properties=_properties(method=manifest.method),
    )
    components = [base, dataset, adapter, *_libraries(record, manifest)]
    bom = Bom(
        serial_number=UUID(derived_id("sbom", record.version, export.gguf.sha256)),
        metadata=BomMetaData(component=model, timestamp=record.checkpoint_at),
        components=components,
    )
    bom.register_dependency(model, components)
    return f"{JsonV1Dot6(bom).output_as_string(indent=2)}\n".encode()


def _libraries(record: ModelRecord, manifest: AdapterManifest) -> list[Component]:
    """One component per library version, with the stages that used it."""
    stages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for stage, versions in (("training", manifest.versions), ("export", record.export.versions)):
        for name, version in versions.items():
            stages[name, version].append(stage)
    return [
        Component(
            bom_ref=f"{name}@{version}",
            type=ComponentType.LIBRARY,
            name=name,
            version=version,
            purl=None if name == _OURS else PackageURL("pypi", name=name, version=version),
            properties=_properties(stages=", ".join(used)),
        )
        for (name, version), used in stages.items()
    ]


def _properties(**values: str) -> list[Property]:
    return [Property(name=f"ratchet:{name}", value=value) for name, value in values.items()]


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)
