"""Whether the documents of a bundle speak of one and the same model: pure, named by field."""

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
    BundleRefused,
    Index,
    adapter_member,
    is_of_adapter,
    member_of,
)
from exporter.domain.registry.record import ModelRecord
from ratchet.contract import ArtifactRef, Value
from ratchet.models import AdapterManifest

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


def parsed(member: str, kind: type[V], content: bytes) -> V:
    """Raises `BundleRefused` with the member and its first wrong field."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "content"
        raise BundleRefused(f"{member}: {field}: {first['msg']}") from error


def artifacts_of(record: ModelRecord, manifest: AdapterManifest) -> dict[str, ArtifactRef]:
    """By member what lies in the artifact store: model, manifest, the adapter's files."""
    files = {adapter_member(name): file for name, file in manifest.files.items()}
    return {**files, GGUF: record.export.gguf, MANIFEST: record.manifest}


def check_agreement(
    index: Index, record: ModelRecord, manifest: AdapterManifest, modelfile: bytes, sbom: bytes
) -> None:
    """Raises `BundleRefused` with the first member and field that contradicts another."""
    for problem in _contradictions(index, record, manifest):
        raise BundleRefused(problem)
    if modelfile != record.export.modelfile.text(f"./{GGUF}").encode():
        raise BundleRefused(f"{MODELFILE}: not what {RECORD} says of how to serve the model")
    hashes = parsed(SBOM, _Sbom, sbom).metadata.component.hashes
    if _Hash(alg="SHA-256", content=record.export.gguf.sha256) not in hashes:
        raise BundleRefused(f"{SBOM}: metadata.component.hashes: not those of {GGUF}")


def _contradictions(index: Index, record: ModelRecord, manifest: AdapterManifest) -> Iterator[str]:
    for field in ("name", "version"):
        if getattr(record, field) != getattr(index, field):
            yield f"{RECORD}: {field}: not that of {INDEX}"
    for field in _SAME:
        if getattr(record, field) != getattr(manifest, field):
            yield f"{RECORD}: {field}: not that of {MANIFEST}"
    artifacts = artifacts_of(record, manifest)
    for name, artifact in artifacts.items():
        if index.member(name) != member_of(name, artifact):
            yield f"{name}: not in {INDEX} as {RECORD} and {MANIFEST} know it"
    for member in index.members:
        if is_of_adapter(member) and member.name not in artifacts:
            yield f"{member.name}: not among the files of {MANIFEST}"
