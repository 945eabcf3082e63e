"""Unpacks and verifies a bundle."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exporter.backends.bundle_tar import read_head, read_members
from exporter.bundle.consistency import artifacts_of, check_agreement, parse_member
from exporter.bundle.signature import TrustedKeys, check_signature
from exporter.domain.bundle import INDEX, MANIFEST, MODELFILE, RECORD, SBOM, BundleIndex
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import ArtifactRef
from ratchet_models import AdapterManifest


@dataclass(frozen=True)
class UnpackedBundle:
    """A verified bundle; `artifacts` are the unpacked files for the artifact store."""

    record: ModelRecord
    artifacts: dict[Path, ArtifactRef]


def unpack(file: Path, trusted: TrustedKeys, directory: Path, now: datetime) -> UnpackedBundle:
    """Verify `file` while it is unpacked into the empty `directory`; keys must last beyond `now`.

    Raises `BundleRefused` and `OSError`.
    """
    with file.open("rb") as archive:
        head, signature = read_head(archive)
        # Before the signature is verified, not even the index is parsed.
        check_signature(head, signature, trusted, now)
        index = parse_member(INDEX, BundleIndex, head)
        read_members(archive, index.members, directory)

    def content(member: str) -> bytes:
        return (directory / member).read_bytes()

    record = parse_member(RECORD, ModelRecord, content(RECORD))
    manifest = parse_member(MANIFEST, AdapterManifest, content(MANIFEST))
    check_agreement(index, record, manifest, content(MODELFILE), content(SBOM))
    artifacts = artifacts_of(record, manifest)
    return UnpackedBundle(record, {directory / name: file for name, file in artifacts.items()})
