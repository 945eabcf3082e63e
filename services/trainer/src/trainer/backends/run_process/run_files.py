"""The files of runs: datasets and champions for the child process, adapters for the exporter."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex

from ratchet.contract import ArtifactRef, GateFigures
from ratchet.storage import ArtifactStore, write_whole
from ratchet_models import AdapterManifest
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.domain.runs.run import DatasetReference, Run
from trainer.domain.shadow.captured_prompt import CAPTURED_PROMPTS, CapturedPrompt

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


class RunFiles:
    """Working files in `<root>/<run_id>`, and what outlives a run in `artifacts`.

    A run uses what the files `regression` and `chat_template` (None: the base's own) contained at
    its first attempt.
    """

    def __init__(
        self,
        root: Path,
        artifacts: ArtifactStore,
        regression: Path,
        chat_template: Path | None = None,
    ) -> None:
        self._root = root.absolute()
        self._artifacts = artifacts
        self._regression = regression
        self._chat_template = chat_template

    def directory(self, run_id: str) -> Path:
        return self._root / run_id

    def remove_ended(self, has_ended: Callable[[str], bool]) -> None:
        """Remove the files of ended runs, whichever process ended them."""
        for path in self._root.glob("*"):
            if has_ended(path.name):
                shutil.rmtree(path, ignore_errors=True)

    def store_dataset(self, run_id: str, dataset: Dataset) -> DatasetReference:
        """Store the dataset of a run as an artifact; a repetition changes nothing."""
        reference = DatasetReference.to(dataset)
        self._adopt_content(run_id, reference.artifact.name, dataset.canonical())
        return reference

    def dataset(self, run: Run) -> Dataset:
        """Raises `ArtifactMissing` or `ArtifactCorrupt`."""
        path = self._artifacts.verified(run.dataset.artifact)
        return Dataset.model_validate_json(path.read_bytes())

    def has_prompts(self, run_id: str) -> bool:
        """Whether the captured prompts of a run are stored."""
        return self._prompts(run_id).is_file()

    def store_prompts(self, run_id: str, prompts: Sequence[CapturedPrompt]) -> None:
        path = self._prompts(run_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, CAPTURED_PROMPTS.dump_json(tuple(prompts)))

    def train_request(self, run: Run, cache_dir: Path, gate: GateRules) -> TrainRequest:
        """Provide what the child process reads; a repetition changes nothing.

        Raises `ArtifactMissing`, `ArtifactCorrupt` and `OSError`.
        """
        directory = self.directory(run.run_id)
        directory.mkdir(parents=True, exist_ok=True)
        return TrainRequest(
            run_id=run.run_id,
            method=run.method,
            dataset=self._artifacts.verified(run.dataset.artifact).absolute(),
            regression=_kept(self._regression, directory / "regression.json"),
            chat_template=_kept(self._chat_template, directory / "chat_template.jinja"),
            recipe=run.recipe,
            base_model=run.base_model,
            cache_dir=cache_dir.absolute(),
            work_dir=directory / "work",
            champion=None if run.champion is None else self._champion(directory, run.champion),
            afresh=run.parent is None,
            widgets=run.widgets,
            gate=gate,
            shadow=self._prompts(run.run_id) if self.has_prompts(run.run_id) else None,
        )

    def store_adapter(
        self, run: Run, trained: TrainingResult, references: Path, figures: GateFigures
    ) -> ArtifactRef:
        """Store the adapter and its reference answers, and last the manifest that names them."""
        manifest = AdapterManifest(
            run_id=run.run_id,
            method=run.method,
            base_model=run.base_model,
            base_sha256=trained.base_sha256,
            base_revision=trained.base_revision,
            parent=run.parent,
            champion=run.champion,
            settings=_flat(run, trained),
            dataset_sha256=run.dataset.artifact.sha256,
            example_ids=self.dataset(run).without(trained.left_out.ids).example_ids,
            files={name: self._adopt_copy(trained.adapter / name) for name in _ADAPTER_FILES},
            references=self._adopt_copy(references),
            before=trained.before.means(trained.held_out),
            after=trained.after.means(trained.held_out),
            versions=trained.versions,
            figures=figures,
            regression_sha256=trained.regression_sha256,
            chat_template_sha256=_sha256(trained.chat_template),
        )
        content = manifest.model_dump_json().encode()
        return self._adopt_content(run.run_id, "manifest.json", content)

    # Both adopt files of the run's own directory, which is removed after the run and by an
    # erasure. A temporary file of the artifact store would survive a kill.

    def _adopt_copy(self, file: Path) -> ArtifactRef:
        aside = file.with_name(f"{file.name}.kept")
        shutil.copy(file, aside)
        return self._artifacts.adopt(aside, file.name)

    def _adopt_content(self, run_id: str, name: str, content: bytes) -> ArtifactRef:
        aside = self.directory(run_id) / f"{name}.{token_hex(4)}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        return self._artifacts.adopt(aside, name)

    def _prompts(self, run_id: str) -> Path:
        return self.directory(run_id) / "prompts.json"

    def _champion(self, run: Path, reference: ArtifactRef) -> Path:
        directory = run / "champion"
        content = self._artifacts.verified(reference).read_bytes()
        directory.mkdir(exist_ok=True)
        for name, file in AdapterManifest.model_validate_json(content).files.items():
            link = directory / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._artifacts.verified(file).absolute())
        return directory


def _kept(source: Path | None, copy: Path) -> Path | None:
    """The copy of `source` that the first attempt made; None if there was nothing to copy."""
    if source is not None and not copy.is_file():
        write_whole(copy, source.read_bytes())
    return copy if copy.is_file() else None


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def _flat(run: Run, trained: TrainingResult) -> dict[str, float | int | str | list[str]]:
    """The settings under flat names: `dpo.beta`, `lora.rank` and so on."""
    flat: dict[str, float | int | str | list[str]] = {
        "recipe": run.recipe.fingerprint,
        "computed_on": trained.device,
        "computed_in": trained.precision,
        "micro_batch": trained.batch,
        "copies": trained.copies,
        "on_policy_rounds": [one.description for one in trained.rounds],
    }
    for part, values in run.recipe.model_dump(mode="json").items():
        if not isinstance(values, dict):
            flat[part] = values
            continue
        for name, value in values.items():
            flat[f"{part}.{name}"] = [str(v) for v in value] if isinstance(value, list) else value
    return flat
