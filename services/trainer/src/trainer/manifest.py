"""What an accepted adapter says about itself."""

from ratchet.events.artifact import ArtifactRef
from ratchet.manifest import AdapterManifest
from trainer.domain.job import Trained
from trainer.domain.runs import Run

_PARITY_PROMPTS = 16


def adapter_manifest(run: Run, trained: Trained, files: dict[str, ArtifactRef]) -> AdapterManifest:
    """`settings` name the recipe flatly: `dpo.beta`, `lora.rank` and so on."""
    voice = run.dataset.questions("voice", _PARITY_PROMPTS)
    widget = run.dataset.questions("widget", _PARITY_PROMPTS // 4)
    return AdapterManifest(
        run_id=run.run_id,
        method="dpo",
        base_model=run.base_model,
        base_sha256=trained.base_sha256,
        settings=_flat(run, trained),
        dataset_sha256=run.dataset.sha256,
        example_ids=run.dataset.example_ids,
        files=files,
        parity_prompts=tuple(pair.prompt for pair in (*voice, *widget)),
        before=trained.before.scores,
        after=trained.after.scores,
        versions=trained.versions,
    )


def _flat(run: Run, trained: Trained) -> dict[str, float | int | str | list[str]]:
    flat: dict[str, float | int | str | list[str]] = {
        "recipe": run.recipe.fingerprint,
        "champion": run.champion.sha256 if run.champion else "base",
        "computed_on": trained.device,
        "computed_in": trained.precision,
    }
    for part, values in run.recipe.model_dump(mode="json").items():
        if not isinstance(values, dict):
            flat[part] = values
            continue
        for name, value in values.items():
            flat[f"{part}.{name}"] = [str(v) for v in value] if isinstance(value, list) else value
    return flat
