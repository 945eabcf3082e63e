"""What a bundle is: an index of members with their hashes, and a signature over the index."""

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
    """The bundle cannot be made, or must not be installed; the message names member or field."""


class Member(Value):
    """One file of a bundle; `size` is in bytes. No name leaves the directory it is unpacked to."""

    name: str = Field(pattern=r"^(adapter/)?[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=100)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Index(Value):
    """The members in the order in which they follow the index, which is that of their names."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")
    version: str = Field(pattern=r"^v[A-Za-z0-9._-]{0,79}$")
    members: tuple[Member, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [member.name for member in self.members]
        if names != sorted(set(names)):
            raise ValueError("members: not in the order of their names, each once")
        if missing := _FIXED.difference(names):
            raise ValueError(f"members: {', '.join(sorted(missing))} missing")
        for member in self.members:
            if member.name not in _FIXED and not is_of_adapter(member):
                raise ValueError(f"members: {member.name} is no part of a bundle")
        return self

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)


class Signature(Value):
    """Ed25519 over the bytes of the index as they are in the file, in hex."""

    key_id: KeyId
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def adapter_member(file: str) -> str:
    """The member that holds the adapter's `file`."""
    return f"{_ADAPTER}{file}"


def is_of_adapter(member: Member) -> bool:
    return member.name.startswith(_ADAPTER)


def file_name(name: str, version: str) -> str:
    return f"{name}-{version}.bundle.tar"


def member_of(name: str, artifact: ArtifactRef) -> Member:
    return Member(name=name, size=artifact.size, sha256=artifact.sha256)


def document(value: Value) -> bytes:
    """JSON as a bundle holds it: equal values have equal bytes."""
    return f"{value.model_dump_json(indent=2)}\n".encode()
