"""Base models, adapter manifests and reference answers."""

# fmt: off
# isort: off
from ratchet_models.adapter_manifest import AdapterManifest
from ratchet_models.references import (
    LIKELIEST, Chat, Likeliest, Logits, References, divergence, likeliest,
)
