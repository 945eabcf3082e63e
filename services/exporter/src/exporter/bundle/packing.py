"""One registered version into one signed file."""

import hashlib
from pathlib import Path

from exporter.backends.bundle_tar import Source, write_bundle
from exporter.backends.cyclonedx import bill_of_materials
from exporter.bundle.consistency import artifacts_of, check_agreement, parsed
from exporter.bundle.signature import signed
from exporter.bundle.tables import tables
from exporter.domain.bundle import (
    GGUF,
    MANIFEST,
    MODELFILE,
    RECORD,
    SBOM,
    TABLES,
    Index,
    Member,
    document,
    member_of,
)
from exporter.domain.registry.record import ModelRecord
from ratchet.models import AdapterManifest
from ratchet.storage import ArtifactStore
from ratchet.storage.signing_keys import SigningKey


def pack(record: ModelRecord, artifacts: ArtifactStore, key: SigningKey, target: Path) -> None:
    """Write the bundle of `record`; the same version and key give the same bytes.

    Raises `BundleRefused`, `ratchet.storage.ArtifactMissing`, `ArtifactCorrupt` and `OSError`:
    then no file is left.
    """
    manifest = parsed(MANIFEST, AdapterManifest, artifacts.verified(record.manifest).read_bytes())
    modelfile = record.export.modelfile.text(f"./{GGUF}").encode()
    sbom = bill_of_materials(record, manifest)
    written = {
        MODELFILE: modelfile,
        RECORD: document(record),
        SBOM: sbom,
        TABLES: tables(record, manifest).encode(),
    }
    members: list[tuple[Member, Source]] = [
        (_member(name, content), content) for name, content in written.items()
    ]
    members += [
        (member_of(name, artifact), artifacts.path(artifact))
        for name, artifact in artifacts_of(record, manifest).items()
    ]
    members.sort(key=lambda pair: pair[0].name)
    index = Index(
        name=record.name,
        version=record.version,
        members=tuple(member for member, _ in members),
    )
    check_agreement(index, record, manifest, modelfile, sbom)
    head = document(index)
    write_bundle(target, head, signed(head, key), members)


def _member(name: str, content: bytes) -> Member:
    return Member(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
