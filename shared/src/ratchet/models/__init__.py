"""Base models, adapter manifests and reference answers."""

from ratchet.models.adapter_manifest import (
    AdapterManifest,
)
from ratchet.models.references import (
    LIKELIEST,
    Chat,
    Likeliest,
    Logits,
    References,
    divergence,
    likeliest,
)

__all__ = [
    "LIKELIEST",
    "AdapterManifest",
    "Chat",
    "Likeliest",
    "Logits",
    "References",
    "divergence",
    "likeliest",
]
