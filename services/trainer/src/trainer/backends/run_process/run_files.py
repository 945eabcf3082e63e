"""The files of a run: its dataset and champion for the child, its adapter for the exporter."""

import shutil
from pathlib import Path

from ratchet.contract import ArtifactRef
from ratchet.models import AdapterManifest
from ratchet.storage import ArtifactStore, write_whole
from trainer.domain.examples.dataset import Dataset
from trainer.ports import Kept, LaidOut

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


class RunFiles:
    """As `trainer.ports.Files`; a run's directory is `<root>/<run_id>`.

    A run keeps the fixed regression set that was in `regression` when it was laid out.
    """

    def __init__(self, root: Path, artifacts: ArtifactStore, regression: Path) -> None:
        self._root = root.absolute()
        self._artifacts = artifacts
        self._regression = regression

    def directory(self, run_id: str) -> Path:
        return self._root / run_id

    def laid_out(self) -> list[str]:
        return [path.name for path in self._root.glob("*")]

    def lay_out(self, run_id: str, dataset: Dataset, champion: ArtifactRef | None) -> LaidOut:
        directory = self.directory(run_id)
        directory.mkdir(parents=True, exist_ok=True)
        laid_out = LaidOut(
            dataset=directory / "dataset.json",
            regression=directory / "regression.json",
            champion=None if champion is None else self._champion(directory, champion),
        )
        laid_out.dataset.write_bytes(dataset.canonical())
        if not laid_out.regression.is_file():
            write_whole(laid_out.regression, self._regression.read_bytes())
        return laid_out

    def keep(self, adapter: Path, references: Path) -> Kept:
        """What a kill in the middle leaves lies with the run's other files."""
        return Kept(
            {name: self._kept(adapter / name) for name in _ADAPTER_FILES}, self._kept(references)
        )

    def keep_manifest(self, manifest: AdapterManifest) -> ArtifactRef:
        name = "manifest.json"
        aside = self.directory(manifest.run_id) / name
        aside.write_text(manifest.model_dump_json())
        return self._artifacts.adopt(aside, name)

    def _kept(self, file: Path) -> ArtifactRef:
        aside = file.with_name(f"{file.name}.kept")
        shutil.copy(file, aside)
        return self._artifacts.adopt(aside, file.name)

    def _champion(self, run: Path, reference: ArtifactRef) -> Path:
        """Raises `ArtifactMissing` or `ArtifactCorrupt`."""
        directory = run / "champion"
        content = self._artifacts.verified(reference).read_bytes()
        directory.mkdir(exist_ok=True)
        for name, file in AdapterManifest.model_validate_json(content).files.items():
            link = directory / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._artifacts.verified(file).absolute())
        return directory
