"""The reference answers of an adapter, recorded by the trainer's child process."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ratchet.contract import ArtifactRef
from ratchet.processes import PARENT_VARIABLE
from ratchet.storage import ArtifactStore


def references_of(
    base_model: str,
    cache_dir: Path,
    adapter: Path,
    artifacts: ArtifactStore,
    spoken: Sequence[str],
    plans: Sequence[str] = (),
) -> ArtifactRef:
    """Record and store the answers of the model with the PEFT directory `adapter`."""
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "references.safetensors"
        request = {
            "base_model": base_model,
            "cache_dir": str(cache_dir),
            "adapter": str(adapter),
            "device": "cpu",
            "spoken": spoken,
            "plans": plans,
            "target": str(target),
        }
        subprocess.run(
            [sys.executable, "-m", "trainer.reference"],
            input=json.dumps(request).encode(),
            env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ, PARENT_VARIABLE: str(os.getpid())},
            check=True,
            timeout=300,
        )
        return artifacts.put(target)
