"""Base models, adapter manifests and reference answers."""

# fmt: off
# isort: off
from ratchet.models.adapter_manifest import AdapterManifest
from ratchet.models.references import (
    LIKELIEST, Chat, Likeliest, Logits, References, divergence, likeliest,
)
