"""Measures an export of a checkout beside that of an earlier one.

Run: python benchmarks/export.py --before CHECKOUT

Each checkout prepares and exports an adapter with its own code, in alternating runs. The steps are
those of this checkout.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from export_steps.processes import Spent, spent_by
from rich.table import Table

BASE = "smollm2-135m-instruct"
HERE = Path(__file__).parents[1]
SOURCES = ("*/src", "services/*/src", "tests/support/src")


@dataclass(frozen=True)
class Run:
    """`spent` is that of all processes of the export, `wall_s` without the start of Python."""

    spent: Spent
    wall_s: float
    memory: int


MEASURED: dict[str, Callable[[Run], float]] = {
    "CPU seconds": lambda run: run.spent.cpu_s,
    "seconds": lambda run: run.wall_s,
    "peak memory, MB": lambda run: run.memory / 1e6,
}


class ExportOfCheckout:
    def __init__(self, checkout: Path, root: Path, cache: Path) -> None:
        found = (path for pattern in SOURCES for path in sorted(checkout.glob(pattern)))
        self._environment = {"PYTHONPATH": os.pathsep.join(map(str, found))}
        (root / "cache").mkdir(parents=True)
        (root / "cache" / "base").symlink_to(cache / "base")
        command = [sys.executable, __file__, str(root)]
        self._request = spent_by(command, environment=self._environment).output

    def run(self) -> Run:
        command = [sys.executable, str(HERE / "benchmarks" / "export_steps" / "ours.py")]
        spent = spent_by(command, self._request, self._environment)
        costs = json.loads(spent.output)
        return Run(spent, costs["export_s"] + costs["register_s"], costs["memory"])


def beside(before: Path, runs: int, root: Path, cache: Path) -> Table:
    """The medians of both checkouts, and the median ratio of their neighboring runs."""
    both = [
        ExportOfCheckout(checkout, root / name, cache)
        for name, checkout in (("before", before.resolve()), ("now", HERE))
    ]
    first, *pairs = [[each.run() for each in both] for _ in range(runs + 1)]
    title = f"{runs} alternating exports, medians"
    table = Table("", "before", "now", "now / before", title=title)
    for name, rows in (("the first export on a base", [first]), ("export", pairs)):
        for what, measure in MEASURED.items():
            numbers = [(measure(old), measure(new)) for old, new in rows]
            table.add_row(
                f"{name}: {what}",
                *(f"{median(column):.2f}" for column in zip(*numbers, strict=True)),
                f"{median(new / old for old, new in numbers):.3f}",
            )
    return table


def prepare(root: Path) -> None:
    """Write the adapter and its references into `root`, and the request to stdout."""
    from export_steps.trained import adapter_of

    from exporter.domain.parity.quantization import LIMITS
    from exporter.domain.registry.modelfile import Sampling
    from exporter.export.request import ExportRequest
    from ratchet.storage import ArtifactStore

    made = adapter_of(BASE, root / "cache", ArtifactStore(root / "artifacts"), root / "adapter")
    request = ExportRequest(
        version="v1",
        manifest=made.manifest,
        quantization="q8_0",
        limits=LIMITS,
        sampling=Sampling(),
        artifacts_dir=root / "artifacts",
        cache_dir=root / "cache",
        work_dir=root / "work" / "export-v1",
    )
    print(request.model_dump_json())


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
