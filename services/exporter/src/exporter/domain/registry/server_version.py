"""What helps where a server renders chats differently than the model was trained to read them."""

import re

from ratchet.contract import RegistryKind

_RENDERS_OWN = (0, 30)
"""The first release of Ollama that renders the chat template inside a GGUF file."""


def remedy(kind: RegistryKind, version: str | None) -> str:
    """The remedy for a server of `kind` that reports `version`."""
    if kind == "ollama" and _numbers(version) < _RENDERS_OWN:
        return (
            f"Ollama {version or 'of an unknown version'} does not render the chat template inside "
            "the model's file: update Ollama to 0.30 or later"
        )
    return (
        "the chat template inside the model's file depends on the date or on the server's "
        "defaults: train the model again with this release, which pins them"
    )


def _numbers(version: str | None) -> tuple[int, ...]:
    found = re.match(r"v?(\d+)\.(\d+)", version or "")
    return tuple(int(number) for number in found.groups()) if found else (0,)
