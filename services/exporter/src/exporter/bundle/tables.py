"""The figures that a model was accepted on, as Markdown tables: the bundle's `tables.md`."""

from collections.abc import Iterable, Mapping, Sequence

from exporter.domain.registry.record import ModelRecord
from ratchet.contract import Interval, Scores
from ratchet_models import AdapterManifest


def acceptance_tables(record: ModelRecord, manifest: AdapterManifest) -> str:
    """Markdown with the lineage, the gate's figures, the parity and one answer of the model."""
    parts = [f"# {record.name} {record.version}", _lineage(record, manifest)]
    parts += [f"## Gate\n\n{_means(manifest.before, manifest.after)}"]
    figures = manifest.figures
    if figures is not None:
        kinds = {
            "held-out questions": figures.held_out,
            "fixed questions": figures.regression,
            "both together": figures.together,
            "captured prompts": figures.shadow.gains if figures.shadow else {},
        }
        gains = [
            (kind, measure, *_interval(gain))
            for kind, measures in kinds.items()
            for measure, gain in measures.items()
        ]
        slices = [(row.slice, row.measure, *_interval(row.gain)) for row in figures.slices]
        intervals = ("gain", "low", "high", "cases")
        parts += [_titled("### Gains, 95 % intervals", ("of", "measure", *intervals), gains)]
        parts += [_titled("### Slices", ("slice", "measure", *intervals), slices)]
        rest = {"length ratio": figures.length_ratio, "divergence from the base": figures.kl}
        parts += [_titled("### Guards", ("guard", "value"), _shown(rest))]
    parts += [_parity(record), f"## One answer\n\n{_quoted(record.export.smoke_answer)}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lineage(record: ModelRecord, manifest: AdapterManifest) -> str:
    rows = {
        "run": record.run_id,
        "method": manifest.method,
        "checkpoint": record.checkpoint_at.isoformat(),
        "base model": record.base_model,
        "base revision": manifest.base_revision,
        "base weights": record.base_sha256,
        "examples": len(manifest.example_ids),
        "dataset": record.dataset_sha256,
        "adapter manifest": record.manifest.sha256,
        "trained from": manifest.parent.sha256 if manifest.parent else "the base model",
        "compared with": manifest.champion.sha256 if manifest.champion else "the base model",
        "model": record.export.gguf.sha256,
    }
    return _titled("## Lineage", ("item", "value"), _shown(rows))


def _means(before: Scores, after: Scores) -> str:
    old, new = before.model_dump(), after.model_dump()
    rows = [
        (measure, _figure(old[measure]), _figure(new[measure]))
        for measure in old
        if old[measure] is not None or new[measure] is not None
    ]
    return _table(("measure", "before", "after"), rows)


def _parity(record: ModelRecord) -> str:
    parity = record.export.parity
    rows = {
        "format": record.export.quantization,
        "equal likeliest tokens": parity.top1,
        "divergence (nats)": parity.kl,
        "divergence by training (nats)": record.export.training_kl,
        "tokens compared": parity.tokens,
        "chat template equal": "yes" if parity.template_equal else "no",
    }
    title = "## Parity of the exported file with the trained model"
    return _titled(title, ("measure", "value"), _shown(rows))


def _shown(rows: Mapping[str, str | float | None]) -> list[tuple[str, str]]:
    return [(name, _figure(value)) for name, value in rows.items() if value is not None]


def _interval(gain: Interval) -> tuple[str, str, str, str]:
    return _figure(gain.mean), _figure(gain.low), _figure(gain.high), str(gain.n)


def _figure(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _titled(title: str, head: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    return f"{title}\n\n{_table(head, rows)}" if rows else ""


def _table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
