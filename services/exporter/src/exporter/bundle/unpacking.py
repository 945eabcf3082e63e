"""A bundle into a directory, verified: what comes out may be installed."""

from dataclasses import dataclass
from pathlib import Path

from exporter.backends.bundle_tar import read_head, read_members
from exporter.bundle.consistency import artifacts_of, check_agreement, parsed
from exporter.bundle.signature import Trusted, check_signature
from exporter.domain.bundle import INDEX, MANIFEST, MODELFILE, RECORD, SBOM, Index
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import ArtifactRef
from ratchet.models import AdapterManifest


@dataclass(frozen=True)
class Unpacked:
    """`artifacts` are the files that belong into the artifact store, with their references."""

    record: ModelRecord
    artifacts: dict[Path, ArtifactRef]


def unpack(file: Path, trusted: Trusted, directory: Path) -> Unpacked:
    """Verify everything in `file` while it is copied into `directory`, which is empty.

    The signature comes first: of a bundle that nobody trusts not even the index is read. Raises
    `BundleRefused` and `OSError`.
    """
    with file.open("rb") as archive:
        head, signature = read_head(archive)
        check_signature(head, signature, trusted)
        index = parsed(INDEX, Index, head)
        read_members(archive, index.members, directory)

    def content(member: str) -> bytes:
        return (directory / member).read_bytes()

    record = parsed(RECORD, ModelRecord, content(RECORD))
    manifest = parsed(MANIFEST, AdapterManifest, content(MANIFEST))
    check_agreement(index, record, manifest, content(MODELFILE), content(SBOM))
    artifacts = artifacts_of(record, manifest)
    return Unpacked(record, {directory / name: found for name, found in artifacts.items()})
