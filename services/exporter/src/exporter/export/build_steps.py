"""The files of an export: the converted base, the merged model, and its quantized formats."""

from functools import partial
from pathlib import Path

from exporter.backends.directories import once, remove
from exporter.backends.gguf.base_gguf import BaseGguf, base_gguf, is_converted
from exporter.backends.gguf.convert import convert
from exporter.backends.gguf.lora import MergedWeights
from exporter.backends.gguf.merge import write_merged
from exporter.backends.gguf.quantize import quantize
from exporter.backends.gguf.splice import splice, spliceable
from exporter.domain.parity.quantization import Quantization
from exporter.domain.registry.record import Assembly
from exporter.export.request import ExportRequest


class BuildSteps:
    """The merged weights, and the files built from them, each at most once."""

    def __init__(self, request: ExportRequest, base: Path, adapter: Path) -> None:
        self.base = base
        self.adapter = adapter
        self.merged = MergedWeights(base, adapter)
        self._request = request
        self._work = request.work_dir

    @property
    def parameters(self) -> int:
        return self.merged.base.parameters

    @property
    def base_is_converted(self) -> bool:
        request = self._request
        return is_converted(self.base, request.manifest.base_sha256, request.cache_dir)

    def base_gguf(self) -> BaseGguf:
        request = self._request
        return base_gguf(self.base, request.manifest.base_sha256, request.cache_dir)

    @property
    def assembly(self) -> Assembly:
        return "spliced" if spliceable(self.base_gguf(), self.merged) else "converted"

    def f16(self) -> Path:
        return once(self._request.f16, self._write_f16)

    def file(self, kind: Quantization) -> Path:
        """The unchecked file of that format; built on the first call."""
        f16 = self.f16()
        if kind == "f16":
            return f16
        return once(self._request.file(kind), partial(quantize, f16, kind=kind))

    def _write_f16(self, target: Path) -> None:
        if self.assembly == "spliced":
            splice(self.base_gguf(), self.merged, target)
            return
        directory = self._work / "merged" / self.base.name
        remove(directory.parent)
        write_merged(self.base, self.merged, directory)
        convert(directory, target)
        remove(directory.parent)
