"""From a published scorer to one that serves, or the reason why it cannot."""

from math import isfinite
from typing import Literal

from ingest.ranking.in_service import Served
from ratchet.contract import Candidate, RankingQuery, ScorerPublished
from ratchet.measures import CORE_SCENARIOS
from ratchet.ranking import Embedding, UnusableScorer, rank, read_scorer
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore

Kind = Literal["missing", "corrupt", "unusable", "embedding"]

_QUERY = RankingQuery(transcript="What is the power of pump 001?")
_CANDIDATES = tuple(Candidate(scenario=scenario) for scenario in CORE_SCENARIOS)


class CannotServe(Exception):
    """Of the kinds only `missing` may pass by itself: the file may be on its way."""

    def __init__(self, kind: Kind, why: object) -> None:
        super().__init__(str(why))
        self.kind = kind


class ScorerLoader:
    def __init__(self, store: ArtifactStore, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding

    def load(self, event: ScorerPublished) -> Served:
        """The scorer of `event`, checked and warm. Reads a file; raises `CannotServe`."""
        try:
            scorers, manifest = read_scorer(self._store.verified(event.artifact))
        except (ArtifactMissing, OSError) as error:
            raise CannotServe("missing", error) from error
        except ArtifactCorrupt as error:
            raise CannotServe("corrupt", error) from error
        except UnusableScorer as error:
            raise CannotServe("unusable", error) from error
        for embedding in (event.embedding, manifest.embedding):
            if embedding != self._embedding.name:
                why = f"it was trained with {embedding}, this service has {self._embedding.name}"
                raise CannotServe("embedding", why)
        served = Served(
            version=event.version,
            scorers=scorers,
            embedding=self._embedding,
            policy=manifest.policy,
            parameters=event.parameters,
            trained_on=event.trained_on,
        )
        _warm_up(served)
        return served


def _warm_up(served: Served) -> None:
    """Rank once, so that the first question finds everything laid out and no number is wild."""
    ranking = rank(
        _QUERY,
        _CANDIDATES,
        len(_CANDIDATES),
        served.scorers,
        served.embedding,
        served.policy,
        drawn=0.0,
    )
    if not all(map(isfinite, (*ranking.worths, ranking.composition or 0.0))):
        raise CannotServe("unusable", "its scores are not finite")
