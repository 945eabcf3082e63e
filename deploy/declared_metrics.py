"""Every metric that the code declares, read from its source: `python deploy/declared_metrics.py`.

Prints `docs/metrics.md`. Nothing is imported, so what is declared only with a setting is there too.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SUFFIX = {"Counter": "", "Info": "_info"}
_KINDS = {"Counter", "Gauge", "Histogram", "Info", "GaugeMetricFamily"}
_HEADER = """# Metrics

Every process tells these at `/metrics`, with `process_*` of its own. Made from the code by
`python deploy/declared_metrics.py > docs/metrics.md`; what reads them is in
[observability.md](observability.md).

| metric | type | labels | told by | what it says |
|---|---|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Metric:
    """`name` as a scrape has it, without the suffixes of a histogram."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    module: str

    @property
    def process(self) -> str:
        """Whose `/metrics` has it."""
        package = self.module.partition(".")[0]
        if package == "ratchet":
            return "trainer, exporter" if "storage" in self.module else "every service"
        return package

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries may use."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{suffix}" for suffix in ("bucket", "sum", "count"))
        return (self.name,)


def declared() -> list[Metric]:
    places = [*ROOT.glob("shared/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    return sorted(metric for path in places for metric in _of(path))


def _of(path: Path) -> Iterator[Metric]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(parts[parts.index("src") + 1 :])
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        arguments = [_literal(argument) for argument in node.args]
        if node.func.id not in _KINDS or len(arguments) < 2:
            continue
        name, told, *labels = arguments
        kind = "gauge" if node.func.id == "GaugeMetricFamily" else node.func.id.lower()
        yield Metric(
            f"{name}{_SUFFIX.get(node.func.id, '')}",
            kind,
            tuple(labels[0]) if labels else (),
            told,
            module,
        )


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def table() -> str:
    told = {(m.name, m.kind, m.labels, m.help): [] for m in declared()}
    for metric in declared():
        told[metric.name, metric.kind, metric.labels, metric.help].append(metric.process)
    rows = [
        f"| `{name}` | {kind} | {', '.join(labels) or '–'} | {', '.join(processes)} | {text} |\n"
        for (name, kind, labels, text), processes in told.items()
    ]
    return _HEADER + "".join(rows)


if __name__ == "__main__":
    print(table(), end="")
