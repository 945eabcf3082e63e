"""The immutable name of the model behind the name that an application asks for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_OF_RATCHET = re.compile(r":v\d{8}t\d{6}-[0-9a-f]{12}$")
_LATEST = ":latest"


@dataclass(frozen=True)
class ServedModel:
    """`version` and `digest` are empty if unknown."""

    version: str = ""
    digest: str = ""


def models_of(tags: Iterable[Mapping[str, object]]) -> dict[str, ServedModel]:
    """The model behind each tag of Ollama's `/api/tags`.

    Its version is the tag of the same digest that names a version of Ratchet, else any other tag
    of the digest that is not `latest`.
    """
    digests = {str(tag["name"]): str(tag.get("digest", "")) for tag in tags if "name" in tag}
    return {
        name: ServedModel(_version(name, [n for n, d in digests.items() if d == digest]), digest)
        for name, digest in digests.items()
        if digest
    }


def _version(name: str, alike: list[str]) -> str:
    """The version among the tags `alike`, of which `name` is one."""
    versions = sorted(one for one in alike if _OF_RATCHET.search(one))
    if name in versions:
        return name
    others = sorted(one for one in alike if one != name and not one.endswith(_LATEST))
    return (versions or others or [""])[-1]
