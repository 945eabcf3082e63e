"""Stores an accepted adapter with its manifest."""

from pathlib import Path

from ratchet.contract import ArtifactRef, GateFigures
from ratchet.models import AdapterManifest
from trainer.backends.run_process.run_files import AdapterArtifacts, RunFiles
from trainer.domain.runs.child_messages import TrainingResult
from trainer.domain.runs.run import Run


def store_adapter(
    files: RunFiles, run: Run, trained: TrainingResult, references: Path, figures: GateFigures
) -> ArtifactRef:
    """Store the adapter and its reference answers, and last the manifest that names them."""
    stored = files.store_adapter(trained.adapter, references)
    example_ids = files.dataset(run).without(trained.left_out.ids).example_ids
    return files.store_manifest(adapter_manifest(run, example_ids, trained, stored, figures))


def adapter_manifest(
    run: Run,
    example_ids: tuple[str, ...],
    trained: TrainingResult,
    stored: AdapterArtifacts,
    figures: GateFigures,
) -> AdapterManifest:
    """The manifest of an adapter; `settings` has flat names: `dpo.beta`, `lora.rank` and so on."""
    return AdapterManifest(
        run_id=run.run_id,
        method=run.method,
        base_model=run.base_model,
        base_sha256=trained.base_sha256,
        base_revision=trained.base_revision,
        parent=run.parent,
        champion=run.champion,
        settings=_flat(run, trained),
        dataset_sha256=run.dataset.artifact.sha256,
        example_ids=example_ids,
        files=stored.adapter,
        references=stored.references,
        before=trained.before.means(trained.held_out),
        after=trained.after.means(trained.held_out),
        versions=trained.versions,
        figures=figures,
        regression_sha256=trained.regression_sha256,
    )


def _flat(run: Run, trained: TrainingResult) -> dict[str, float | int | str | list[str]]:
    flat: dict[str, float | int | str | list[str]] = {
        "recipe": run.recipe.fingerprint,
        "computed_on": trained.device,
        "computed_in": trained.precision,
        "micro_batch": trained.batch,
    }
    for part, values in run.recipe.model_dump(mode="json").items():
        if not isinstance(values, dict):
            flat[part] = values
            continue
        for name, value in values.items():
            flat[f"{part}.{name}"] = [str(v) for v in value] if isinstance(value, list) else value
    return flat
