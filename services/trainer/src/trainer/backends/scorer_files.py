"""Scorers in the artifact store."""

from collections.abc import Mapping

from ratchet.artifacts import ArtifactMissing, ArtifactStore
from ratchet.events.artifact import ArtifactRef
from ratchet.ranking.features import Matrix
from ratchet.ranking.scorer import Scorers
from ratchet.ranking.scorer_file import ScorerManifest, read_scorer, scorer_bytes


class ScorerFiles:
    """As `trainer.ranking.ports.ScorerFiles`."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    def keep(self, weights: Mapping[str, Matrix], manifest: ScorerManifest) -> ArtifactRef:
        return self._artifacts.put_bytes(scorer_bytes(weights, manifest), "scorer.safetensors")

    def read(self, artifact: ArtifactRef) -> Scorers:
        return read_scorer(self._artifacts.verified(artifact))[0]

    def remove(self, artifact: ArtifactRef) -> None:
        try:
            self._artifacts.path(artifact).unlink(missing_ok=True)
        except ArtifactMissing:
            return
