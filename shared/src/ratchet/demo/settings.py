"""What the demo sets so that the loop fits into one sitting on two cores."""

from collections.abc import Mapping
from pathlib import Path

MODEL_NAME = "ratchet-demo"


def environment(data_dir: Path) -> Mapping[str, str]:
    """The small model, its learning rate, and a local registry; all else keeps its default."""
    return {
        "RATCHET_CACHE_DIR": str((data_dir.parent / "cache").resolve()),
        "RATCHET_RETRY_BASE_S": "3",
        "RATCHET_EXPORTER_MODEL_NAME": MODEL_NAME,
        "RATCHET_EXPORTER_OLLAMA_URL": "",
    }
