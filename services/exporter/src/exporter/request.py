"""What the export process is asked for."""

from pathlib import Path

from exporter.domain.modelfile import Sampling
from exporter.domain.quantization import Choice, Limits, Quantization
from ratchet.events.base import Value
from ratchet.manifest import AdapterManifest


class ExportRequest(Value):
    """`work_dir` is for this version alone; its siblings `export-*` are leftovers."""

    version: str
    manifest: AdapterManifest
    quantization: Choice
    limits: dict[Quantization, Limits]
    sampling: Sampling
    artifacts_dir: Path
    cache_dir: Path
    work_dir: Path
