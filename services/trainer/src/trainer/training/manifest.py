"""What an accepted adapter says about itself."""

from pathlib import Path

from ratchet.contract import ArtifactRef, GateFigures
from ratchet.models import AdapterManifest
from trainer.domain.runs.child_messages import Trained
from trainer.domain.runs.run import Run
from trainer.ports import Files, Kept


def keep(
    files: Files, run: Run, trained: Trained, references: Path, figures: GateFigures
) -> ArtifactRef:
    """The adapter and its references, and last the manifest that makes them one thing."""
    kept = files.keep(trained.adapter, references)
    return files.keep_manifest(adapter_manifest(run, trained, kept, figures))


def adapter_manifest(
    run: Run, trained: Trained, kept: Kept, figures: GateFigures
) -> AdapterManifest:
    """`settings` name the recipe flatly: `dpo.beta`, `lora.rank` and so on."""
    return AdapterManifest(
        run_id=run.run_id,
        method=run.method,
        base_model=run.base_model,
        base_sha256=trained.base_sha256,
        base_revision=trained.base_revision,
        parent=run.parent,
        champion=run.champion,
        settings=_flat(run, trained),
        dataset_sha256=run.dataset.sha256,
        example_ids=run.dataset.example_ids,
        files=kept.adapter,
        references=kept.references,
        before=trained.before.means(trained.held_out),
        after=trained.after.means(trained.held_out),
        versions=trained.versions,
        figures=figures,
        regression_sha256=trained.regression_sha256,
    )


def _flat(run: Run, trained: Trained) -> dict[str, float | int | str | list[str]]:
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
