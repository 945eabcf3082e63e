"""The bundle format: an index of members with their hashes, and a signature over the index."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ratchet.contract import ArtifactRef, Value

INDEX = "index.json"
SIGNATURE = "index.sig"
GGUF = "model.gguf"
MODELFILE = "Modelfile"
RECORD = "record.json"
MANIFEST = "adapter/manifest.json"
SBOM = "sbom.cdx.json"
TABLES = "tables.md"

_FIXED = frozenset({GGUF, MODELFILE, RECORD, MANIFEST, SBOM, TABLES})
_ADAPTER = "adapter/"

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class BundleRefused(ValueError):
    """The bundle cannot be written, or must not be installed; the message names member or field."""


class BundleMember(Value):
    """One file of a bundle; `size` is in bytes. No name leads out of the target directory."""

    name: str = Field(pattern=r"^(adapter/)?[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=100)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class BundleIndex(Value):
    """`members` follow the index in the file, sorted by name."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")
    version: str = Field(pattern=r"^v[A-Za-z0-9._-]{0,79}$")
    members: tuple[BundleMember, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [member.name for member in self.members]
        if names != sorted(set(names)):
            raise ValueError("members: not sorted by name, each once")
        if missing := _FIXED.difference(names):
            raise ValueError(f"members: {', '.join(sorted(missing))} missing")
        for member in self.members:
            if member.name not in _FIXED and not is_of_adapter(member):
                raise ValueError(f"members: {member.name} is not part of a bundle")
        return self

    def member(self, name: str) -> BundleMember | None:
        return next((member for member in self.members if member.name == name), None)


class BundleSignature(Value):
    """Ed25519 signature of the bytes of the index, in hex."""

    key_id: KeyId
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def adapter_member(file: str) -> str:
    """The member that holds the adapter's `file`."""
    return f"{_ADAPTER}{file}"


def is_of_adapter(member: BundleMember) -> bool:
    return member.name.startswith(_ADAPTER)


def file_name(name: str, version: str) -> str:
    return f"{name}-{version}.bundle.tar"


def member_of(name: str, artifact: ArtifactRef) -> BundleMember:
    return BundleMember(name=name, size=artifact.size, sha256=artifact.sha256)


def document(value: Value) -> bytes:
    """`value` as JSON; equal values have equal bytes."""
    return f"{value.model_dump_json(indent=2)}\n".encode()
