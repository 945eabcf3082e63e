"""Scorers in the artifact store."""

from collections.abc import Mapping

from ratchet.contract import ArtifactRef
from ratchet.ranking import Matrix, ScorerManifest, Scorers, read_scorer, scorer_bytes
from ratchet.storage import ArtifactMissing, ArtifactStore


class ScorerFiles:
    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    def store(self, weights: Mapping[str, Matrix], manifest: ScorerManifest) -> ArtifactRef:
        return self._artifacts.put_bytes(scorer_bytes(weights, manifest), "scorer.safetensors")

    def read(self, artifact: ArtifactRef) -> Scorers:
        """Raises `LookupError` if the file is missing, `ValueError` if it holds no scorer."""
        return read_scorer(self._artifacts.verified(artifact))[0]

    def remove(self, artifact: ArtifactRef) -> None:
        try:
            self._artifacts.path(artifact).unlink(missing_ok=True)
        except ArtifactMissing:
            return
