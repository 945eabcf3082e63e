"""Loads and checks published scorers."""

from math import isfinite
from typing import Literal

from ingest.ranking.source import ScorerInService
from ratchet.contract import Candidate, RankingQuery, ScorerPublished
from ratchet.measures import CORE_SCENARIOS
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore
from ratchet_ranking import Embedding, UnusableScorer, rank, read_scorer

Kind = Literal["missing", "corrupt", "unusable", "embedding"]

_QUERY = RankingQuery(transcript="What is the power of pump 001?")
_CANDIDATES = tuple(Candidate(scenario=scenario) for scenario in CORE_SCENARIOS)


class ScorerNotLoaded(Exception):
    """Only the kind `missing` may be temporary: the file may still be on its way."""

    def __init__(self, kind: Kind, reason: object) -> None:
        super().__init__(str(reason))
        self.kind = kind


class ScorerLoader:
    def __init__(self, store: ArtifactStore, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding

    def load(self, event: ScorerPublished) -> ScorerInService:
        """The scorer of `event`, checked and warm. Reads a file; raises `ScorerNotLoaded`."""
        try:
            scorers, manifest = read_scorer(self._store.verified(event.artifact))
        except (ArtifactMissing, OSError) as error:
            raise ScorerNotLoaded("missing", error) from error
        except ArtifactCorrupt as error:
            raise ScorerNotLoaded("corrupt", error) from error
        except UnusableScorer as error:
            raise ScorerNotLoaded("unusable", error) from error
        for embedding in (event.embedding, manifest.embedding):
            if embedding != self._embedding.name:
                reason = f"it was trained with {embedding}, this service has {self._embedding.name}"
                raise ScorerNotLoaded("embedding", reason)
        scorer = ScorerInService(
            version=event.version,
            scorers=scorers,
            embedding=self._embedding,
            policy=manifest.policy,
            parameters=event.parameters,
            trained_on=event.trained_on,
        )
        _warm_up(scorer)
        return scorer


def _warm_up(scorer: ScorerInService) -> None:
    """Ranks once, so that the first request is not slow; raises if a score is not finite."""
    ranking = rank(
        _QUERY,
        _CANDIDATES,
        len(_CANDIDATES),
        scorer.scorers,
        scorer.embedding,
        scorer.policy,
        drawn=0.0,
    )
    if not all(map(isfinite, (*ranking.worths, ranking.composition or 0.0))):
        raise ScorerNotLoaded("unusable", "its scores are not finite")
