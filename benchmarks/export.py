"""From CheckpointReady to a registered q8_0 file, beside the plain way: PEFT, converter, quantize.

    python benchmarks/export.py [--runs 3]

Both ways begin with the same adapter on SmolLM2-135M and end with a file in a registry; each step
is a process of its own, whose seconds and peak memory are the operating system's. The plain way
judges nothing: what judging costs has rows of its own.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from exporting.processes import Spent, spent_by
from exporting.trained import adapter_of
from rich.console import Console
from rich.table import Table

from exporter.backends.local_registry import LocalRegistry
from exporter.domain.job import LINE, Exported
from exporter.domain.modelfile import Sampling
from exporter.domain.quantization import LIMITS
from exporter.domain.record import Export, ModelRecord
from exporter.request import ExportRequest
from ratchet.artifacts import ArtifactStore
from ratchet.base_models import materialise
from ratchet.events.artifact import ArtifactRef
from ratchet.manifest import AdapterManifest

_BASE = "smollm2-135m-instruct"
_CACHE = Path("var/cache").absolute()
_PLAINLY = str(Path(__file__).parent / "exporting" / "plainly.py")
_FASTER, _MEMORY = 3.0, 1.5
Steps = dict[str, Spent]


class Bench:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._base = materialise(_BASE, _CACHE)
        self._adapter = root / "adapter"
        self._artifacts = ArtifactStore(root / "artifacts")
        self._manifest = adapter_of(_BASE, _CACHE, self._artifacts, self._adapter)

    def ours(self, cache: Path) -> tuple[Steps, Export]:
        request = ExportRequest(
            version="v1",
            manifest=self._manifest,
            quantization="q8_0",
            limits=LIMITS,
            sampling=Sampling(),
            artifacts_dir=self._root / "artifacts",
            cache_dir=cache,
            work_dir=self._root / "work" / "export-v1",
        )
        given = request.model_dump_json().encode()
        build = spent_by([sys.executable, "-m", "exporter.job.build"], given)
        gate = spent_by([sys.executable, "-m", "exporter.job.gate"], given)
        end = LINE.validate_json(gate.said.splitlines()[-1])
        if not isinstance(end, Exported):
            raise SystemExit(f"not exported: {end}")
        began = time.perf_counter()
        asyncio.run(self._register(end.export))
        register = Spent(time.perf_counter() - began, 0)
        return {"build": build, "gate": gate, "register": register}, end.export

    def plainly(self) -> Steps:
        out = self._root / "plain"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        merged, f16, q8 = (str(out / name) for name in ("merged", "f16.gguf", "q8_0.gguf"))
        steps = {
            "merge": ("merge", str(self._base), str(self._adapter), merged),
            "convert": ("convert", merged, f16),
            "quantize": ("quantize", f16, q8),
        }
        return {name: spent_by([sys.executable, _PLAINLY, *step]) for name, step in steps.items()}

    def same_weights(self, export: Export) -> bool:
        """Whether the plain way's file holds the same weights; its name for the model differs."""
        size = export.gguf.size // 2
        ours = self._artifacts.path(export.gguf)
        plain = self._root / "plain" / "q8_0.gguf"
        return _tail(ours, size) == _tail(plain, size)

    @property
    def f16_size(self) -> int:
        return (self._root / "plain" / "f16.gguf").stat().st_size

    async def _register(self, export: Export) -> None:
        shutil.rmtree(self._root / "registry", ignore_errors=True)
        registry = LocalRegistry(self._root / "registry", "m")
        await registry.register(_record(self._manifest, export), self._artifacts.path(export.gguf))
        await registry.move_alias("v1")


def _record(manifest: AdapterManifest, export: Export) -> ModelRecord:
    return ModelRecord(
        name="m",
        version="v1",
        run_id="benchmark",
        manifest=ArtifactRef(sha256="0" * 64, size=0, name="manifest.json"),
        checkpoint_at=datetime.now(UTC),
        base_model=manifest.base_model,
        base_sha256=manifest.base_sha256,
        dataset_sha256=manifest.dataset_sha256,
        before=manifest.before,
        after=manifest.after,
        export=export,
    )


def _tail(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(-size, 2)
        return file.read()


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as directory:
        root = Path(directory)
        bench = Bench(root)
        first_cache = root / "cache"
        first_cache.mkdir()
        (first_cache / "base").symlink_to(_CACHE / "base")
        first, export = bench.ours(first_cache)
        pairs = [(bench.ours(first_cache)[0], bench.plainly()) for _ in range(runs)]
        tell(first, pairs, bench.f16_size, bench.same_weights(export), export)


def tell(
    first: Steps, pairs: list[tuple[Steps, Steps]], f16: int, same: bool, export: Export
) -> None:
    table = Table(
        "step", "seconds", "peak memory, MB", title="medians of pairs, one after the other"
    )
    for which, rows in (("ours", [o for o, _ in pairs]), ("plain", [p for _, p in pairs])):
        for name in rows[0]:
            seconds = median(row[name].seconds for row in rows)
            memory = max(row[name].memory for row in rows) / 1e6
            table.add_row(f"{which}: {name}", f"{seconds:.2f}", f"{memory:.0f}" if memory else "")
    table.add_row("ours: the first build on a base", f"{first['build'].seconds:.2f}", "")
    made = [sum(o[n].seconds for n in ("build", "register")) for o, _ in pairs]
    judged = [sum(spent.seconds for spent in o.values()) for o, _ in pairs]
    plain = [sum(spent.seconds for spent in p.values()) for _, p in pairs]
    memory = max(o["build"].memory for o, _ in pairs) / f16
    bars = Table("", "found", "bar")
    bars.add_row("plain / ours, making and registering", _ratio(plain, made), f">= {_FASTER}")
    bars.add_row("plain / ours, the gate included", _ratio(plain, judged), "")
    bars.add_row("peak memory of making / f16 file", f"{memory:.2f}", f"< {_MEMORY}")
    bars.add_row("the same bytes in the second half of the file", "yes" if same else "NO", "yes")
    for tried in export.tried:
        bars.add_row(f"parity {tried.format}", tried.reason, "passes")
    for shown in (table, bars):
        Console().print(shown)


def _ratio(plain: list[float], ours: list[float]) -> str:
    return f"{median(p / o for p, o in zip(plain, ours, strict=True)):.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    main(parser.parse_args().runs)
