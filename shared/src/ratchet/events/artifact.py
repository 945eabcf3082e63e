"""How events name bytes that do not travel in them."""

from pydantic import Field

from ratchet.events.base import Value


class ArtifactRef(Value):
    """A content-addressed file: `sha256` names it, `size` is in bytes, `name` is for people."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    name: str
