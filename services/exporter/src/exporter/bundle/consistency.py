"""Checks that the documents of a bundle describe the same model. Pure."""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from exporter.domain.bundle import (
    GGUF,
    INDEX,
    MANIFEST,
    MODELFILE,
    RECORD,
    SBOM,
    BundleIndex,
    BundleRefused,
    adapter_member,
    is_of_adapter,
    member_of,
)
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import ArtifactRef, Value
from ratchet_models import AdapterManifest

V = TypeVar("V", bound=Value)

_SAME = ("run_id", "base_model", "base_sha256", "dataset_sha256", "before", "after")


class _Hash(Value):
    alg: str
    content: str


class _Component(Value):
    hashes: tuple[_Hash, ...]


class _Metadata(Value):
    component: _Component


class _Sbom(Value):
    metadata: _Metadata


def parse_member(member: str, kind: type[V], content: bytes) -> V:
    """Raises `BundleRefused` with the member and its first wrong field."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "content"
        raise BundleRefused(f"{member}: {field}: {first['msg']}") from error


def artifacts_of(record: ModelRecord, manifest: AdapterManifest) -> dict[str, ArtifactRef]:
    """The stored artifacts by member name: the model, the manifest, the adapter's files."""
    files = {adapter_member(name): file for name, file in manifest.files.items()}
    return {**files, GGUF: record.export.gguf, MANIFEST: record.manifest}


def check_agreement(
    index: BundleIndex,
    record: ModelRecord,
    manifest: AdapterManifest,
    modelfile: bytes,
    sbom: bytes,
) -> None:
    """Raises `BundleRefused` with the first member and field that contradicts another."""
    for problem in _contradictions(index, record, manifest):
        raise BundleRefused(problem)
    if modelfile != record.export.modelfile.text(f"./{GGUF}").encode():
        raise BundleRefused(f"{MODELFILE}: differs from that of {RECORD}")
    hashes = parse_member(SBOM, _Sbom, sbom).metadata.component.hashes
    if _Hash(alg="SHA-256", content=record.export.gguf.sha256) not in hashes:
        raise BundleRefused(f"{SBOM}: metadata.component.hashes: without the sha256 of {GGUF}")


def _contradictions(
    index: BundleIndex, record: ModelRecord, manifest: AdapterManifest
) -> Iterator[str]:
    for field in ("name", "version"):
        if getattr(record, field) != getattr(index, field):
            yield f"{RECORD}: {field}: differs from {INDEX}"
    for field in _SAME:
        if getattr(record, field) != getattr(manifest, field):
            yield f"{RECORD}: {field}: differs from {MANIFEST}"
    artifacts = artifacts_of(record, manifest)
    for name, artifact in artifacts.items():
        if index.member(name) != member_of(name, artifact):
            yield f"{name}: size or sha256 in {INDEX} differs from {RECORD} or {MANIFEST}"
    for member in index.members:
        if is_of_adapter(member) and member.name not in artifacts:
            yield f"{member.name}: not listed in {MANIFEST}"
