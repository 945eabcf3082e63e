"""The files of a run: its dataset and champion for the child, its adapter for the exporter."""

from pathlib import Path

from ratchet.artifacts import ArtifactStore
from ratchet.events.artifact import ArtifactRef
from ratchet.manifest import AdapterManifest
from trainer.domain.dataset import Dataset

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


class RunFiles:
    """As `trainer.ports.Files`; a run's directory is `<root>/<run_id>`."""

    def __init__(self, root: Path, artifacts: ArtifactStore) -> None:
        self._root = root.absolute()
        self._artifacts = artifacts

    def directory(self, run_id: str) -> Path:
        return self._root / run_id

    def lay_out(self, run_id: str, dataset: Dataset, champion: ArtifactRef | None) -> Path | None:
        directory = self.directory(run_id)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "dataset.json").write_bytes(dataset.canonical())
        return None if champion is None else self._champion(directory / "champion", champion)

    def keep_adapter(self, adapter: Path) -> dict[str, ArtifactRef]:
        return {name: self._artifacts.put(adapter / name) for name in _ADAPTER_FILES}

    def keep_manifest(self, manifest: AdapterManifest) -> ArtifactRef:
        return self._artifacts.put_bytes(manifest.model_dump_json().encode(), "manifest.json")

    def _champion(self, directory: Path, reference: ArtifactRef) -> Path:
        """Raises `ArtifactMissing` or `ArtifactCorrupt`."""
        content = self._artifacts.verified(reference).read_bytes()
        directory.mkdir(exist_ok=True)
        for name, file in AdapterManifest.model_validate_json(content).files.items():
            link = directory / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._artifacts.verified(file).absolute())
        return directory
