"""Packs a registered version into one signed file."""

import hashlib
from pathlib import Path

from exporter.backends.bundle_tar import MemberSource, write_bundle
from exporter.backends.cyclonedx import bill_of_materials
from exporter.bundle.consistency import artifacts_of, check_agreement, parse_member
from exporter.bundle.signature import sign_index
from exporter.bundle.tables import acceptance_tables
from exporter.domain.bundle import (
    GGUF,
    MANIFEST,
    MODELFILE,
    RECORD,
    SBOM,
    TABLES,
    BundleIndex,
    BundleMember,
    document,
    member_of,
)
from exporter.domain.registry.record import ModelRecord
from ratchet.storage import ArtifactStore
from ratchet.storage.signing_keys import SigningKey
from ratchet_models import AdapterManifest


def pack(record: ModelRecord, artifacts: ArtifactStore, key: SigningKey, target: Path) -> None:
    """Write the bundle of `record`; the same version and key give the same bytes.

    Raises `BundleRefused`, `ratchet.storage.ArtifactMissing`, `ArtifactCorrupt` and `OSError`, and
    leaves no file then.
    """
    manifest = parse_member(
        MANIFEST, AdapterManifest, artifacts.verified(record.manifest).read_bytes()
    )
    modelfile = record.export.modelfile.text(f"./{GGUF}").encode()
    sbom = bill_of_materials(record, manifest)
    documents = {
        MODELFILE: modelfile,
        RECORD: document(record),
        SBOM: sbom,
        TABLES: acceptance_tables(record, manifest).encode(),
    }
    members: list[tuple[BundleMember, MemberSource]] = [
        (_member(name, content), content) for name, content in documents.items()
    ]
    members += [
        (member_of(name, artifact), artifacts.path(artifact))
        for name, artifact in artifacts_of(record, manifest).items()
    ]
    members.sort(key=lambda pair: pair[0].name)
    index = BundleIndex(
        name=record.name, version=record.version, members=tuple(member for member, _ in members)
    )
    check_agreement(index, record, manifest, modelfile, sbom)
    head = document(index)
    write_bundle(target, head, sign_index(head, key), members)


def _member(name: str, content: bytes) -> BundleMember:
    return BundleMember(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
