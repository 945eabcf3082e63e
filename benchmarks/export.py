"""Measures an export to a registered q8_0 file, compared with PEFT, converter and quantize.

    python benchmarks/export.py [--runs 3] [--before CHECKOUT]

Both start with the same adapter on SmolLM2-135M and end with a file; only ours passes the parity
gate and is registered. Seconds are wall time, memory is the peak of the largest process. Recording
the reference answers, which the trainer does before, has a separate row. `--before` compares with
an earlier checkout of Ratchet instead, in alternating runs.
"""

import argparse
import json
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from export_before import BASE, beside
from export_steps.processes import Spent, spent_by
from export_steps.trained import Made, adapter_of
from rich.console import Console
from rich.table import Table

from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.modelfile import Sampling
from exporter.domain.registry.record import Export
from exporter.export.request import ExportRequest
from ratchet.storage import ArtifactStore
from ratchet_models.base_models import materialize

_CACHE = Path("var/cache").absolute()
_STEPS = Path(__file__).parent / "export_steps"
_FASTER, _MEMORY = 3.0, 1.5
Steps = dict[str, Spent]


@dataclass(frozen=True)
class Ours:
    """`stages` are seconds by name, partly in parallel; `memory` is in bytes."""

    export_s: float
    register_s: float
    stages: dict[str, float]
    memory: int
    export: Export

    @property
    def seconds(self) -> float:
        return self.export_s + self.register_s


class ExportBenchmark:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._base = materialize(BASE, _CACHE)
        self._adapter = root / "adapter"
        self._artifacts = ArtifactStore(root / "artifacts")
        self.made = self._prepared()
        self._cache = root / "cache"
        self._cache.mkdir()
        (self._cache / "base").symlink_to(_CACHE / "base")

    def ours(self) -> Ours:
        request = ExportRequest(
            version="v1",
            manifest=self.made.manifest,
            quantization="q8_0",
            limits=LIMITS,
            sampling=Sampling(),
            artifacts_dir=self._root / "artifacts",
            cache_dir=self._cache,
            work_dir=self._root / "work" / "export-v1",
        )
        command = [sys.executable, str(_STEPS / "ours.py")]
        costs = json.loads(spent_by(command, request.model_dump_json().encode()).output)
        return Ours(
            export_s=costs["export_s"],
            register_s=costs["register_s"],
            stages=costs["stages_s"],
            memory=costs["memory"],
            export=Export.model_validate(costs["export"]),
        )

    def baseline(self) -> Steps:
        out = self._root / "plain"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        merged, f16, q8 = (str(out / name) for name in ("merged", "f16.gguf", "q8_0.gguf"))
        steps = {
            "merge": ("merge", str(self._base), str(self._adapter), merged),
            "convert": ("convert", merged, f16),
            "quantize": ("quantize", f16, q8),
        }
        plain = [sys.executable, str(_STEPS / "baseline.py")]
        return {name: spent_by([*plain, *step]) for name, step in steps.items()}

    def same_weights(self, export: Export) -> bool:
        """Whether the baseline's file has the same weights; its model name differs."""
        size = export.gguf.size // 2
        ours = self._artifacts.path(export.gguf)
        plain = self._root / "plain" / "q8_0.gguf"
        return _tail(ours, size) == _tail(plain, size)

    @property
    def f16_size(self) -> int:
        return (self._root / "plain" / "f16.gguf").stat().st_size

    def _prepared(self) -> Made:
        """Runs in a separate process: a child's peak memory starts at that of its parent."""
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            work = pool.submit(adapter_of, BASE, _CACHE, self._artifacts, self._adapter)
            return work.result()


def _tail(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(-size, 2)
        return file.read()


def main(runs: int, before: Path | None) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as directory:
        if before is not None:
            materialize(BASE, _CACHE)
            Console().print(beside(before, runs, Path(directory), _CACHE))
            return
        bench = ExportBenchmark(Path(directory))
        first = bench.ours()
        pairs = [(bench.ours(), bench.baseline()) for _ in range(runs)]
        Console().print(_steps(first, pairs, bench.made.references_s))
        Console().print(_bars(pairs, bench.f16_size, bench.same_weights(first.export)))


def _steps(first: Ours, pairs: list[tuple[Ours, Steps]], references_s: float) -> Table:
    table = Table("step", "seconds", "peak memory, MB", title="medians, one way after the other")
    ours = [one for one, _ in pairs]
    for name in ours[0].stages:
        table.add_row(f"ours: stage {name}", _seconds([one.stages[name] for one in ours]), "")
    memory = max(one.memory for one in ours) / 1e6
    table.add_row("ours: export", _seconds([one.export_s for one in ours]), f"{memory:.0f}")
    table.add_row("ours: register", _seconds([one.register_s for one in ours]), "")
    table.add_row("ours: the first export on a base", f"{first.export_s:.2f}", "")
    table.add_row("before, in the trainer: references", f"{references_s:.2f}", "")
    for name in pairs[0][1]:
        spent = [plain[name] for _, plain in pairs]
        memory = max(one.memory for one in spent) / 1e6
        table.add_row(f"plain: {name}", _seconds([one.seconds for one in spent]), f"{memory:.0f}")
    return table


def _bars(pairs: list[tuple[Ours, Steps]], f16: int, same: bool) -> Table:
    ratios = [sum(s.seconds for s in plain.values()) / ours.seconds for ours, plain in pairs]
    memory = max(ours.memory for ours, _ in pairs) / f16
    bars = Table("", "observed", "bar")
    faster = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    bars.add_row("plain / ours, CheckpointReady to registered", faster, f">= {_FASTER}")
    bars.add_row("peak memory of the largest step / f16 file", f"{memory:.2f}", f"< {_MEMORY}")
    bars.add_row("the same bytes in the second half of the file", "yes" if same else "NO", "yes")
    for tried in pairs[0][0].export.tried:
        bars.add_row(f"parity {tried.format}", tried.reason, "passes")
    return bars


def _seconds(results: list[float]) -> str:
    return f"{median(results):.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    args = parser.parse_args()
    main(args.runs, args.before)
