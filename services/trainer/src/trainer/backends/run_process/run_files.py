"""The files of runs: datasets and champions for the child process, adapters for the exporter."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from ratchet.contract import ArtifactRef
from ratchet.models import AdapterManifest
from ratchet.storage import ArtifactStore, write_whole
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.child_messages import TrainRequest
from trainer.domain.runs.run import DatasetReference, Run

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


class AdapterArtifacts(NamedTuple):
    """The artifacts of an accepted run: PEFT's files by name, and the reference answers."""

    adapter: dict[str, ArtifactRef]
    references: ArtifactRef


class RunFiles:
    """Working files in `<root>/<run_id>`, and what outlives a run in `artifacts`.

    A run uses the regression set that the file `regression` contained at its first attempt.
    """

    def __init__(self, root: Path, artifacts: ArtifactStore, regression: Path) -> None:
        self._root = root.absolute()
        self._artifacts = artifacts
        self._regression = regression

    def directory(self, run_id: str) -> Path:
        return self._root / run_id

    def run_ids(self) -> Sequence[str]:
        """The ids of the runs that have a directory."""
        return [path.name for path in self._root.glob("*")]

    def store_dataset(self, run_id: str, dataset: Dataset) -> DatasetReference:
        """Store the dataset of a run as an artifact; a repetition changes nothing."""
        reference = DatasetReference.to(dataset)
        self._adopt_content(run_id, reference.artifact.name, dataset.canonical())
        return reference

    def dataset(self, run: Run) -> Dataset:
        """Raises `ArtifactMissing` or `ArtifactCorrupt`."""
        path = self._artifacts.verified(run.dataset.artifact)
        return Dataset.model_validate_json(path.read_bytes())

    def train_request(self, run: Run, cache_dir: Path) -> TrainRequest:
        """Provide what the child process reads; a repetition changes nothing.

        Raises `ArtifactMissing`, `ArtifactCorrupt` and `OSError`.
        """
        directory = self.directory(run.run_id)
        directory.mkdir(parents=True, exist_ok=True)
        regression = directory / "regression.json"
        if not regression.is_file():
            write_whole(regression, self._regression.read_bytes())
        return TrainRequest(
            run_id=run.run_id,
            method=run.method,
            dataset=self._artifacts.verified(run.dataset.artifact).absolute(),
            regression=regression,
            recipe=run.recipe,
            base_model=run.base_model,
            cache_dir=cache_dir.absolute(),
            work_dir=directory / "work",
            champion=None if run.champion is None else self._champion(directory, run.champion),
            afresh=run.parent is None,
        )

    def store_adapter(self, adapter: Path, references: Path) -> AdapterArtifacts:
        """Store the files of an adapter and its reference answers as artifacts."""
        return AdapterArtifacts(
            {name: self._adopt_copy(adapter / name) for name in _ADAPTER_FILES},
            self._adopt_copy(references),
        )

    def store_manifest(self, manifest: AdapterManifest) -> ArtifactRef:
        """Store the manifest of an adapter whose files are stored already."""
        return self._adopt_content(
            manifest.run_id, "manifest.json", manifest.model_dump_json().encode()
        )

    # Both adopt files of the run's own directory, which is removed after the run and by an
    # erasure. A temporary file of the artifact store would survive a kill.

    def _adopt_content(self, run_id: str, name: str, content: bytes) -> ArtifactRef:
        aside = self.directory(run_id) / f"{name}.{token_hex(4)}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        return self._artifacts.adopt(aside, name)

    def _adopt_copy(self, file: Path) -> ArtifactRef:
        aside = file.with_name(f"{file.name}.kept")
        shutil.copy(file, aside)
        return self._artifacts.adopt(aside, file.name)

    def _champion(self, run: Path, reference: ArtifactRef) -> Path:
        directory = run / "champion"
        content = self._artifacts.verified(reference).read_bytes()
        directory.mkdir(exist_ok=True)
        for name, file in AdapterManifest.model_validate_json(content).files.items():
            link = directory / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._artifacts.verified(file).absolute())
        return directory
