"""The source of rankings: a scorer in service, or the caller's order."""

from dataclasses import dataclass

from ratchet.contract import RankingPolicy
from ratchet_ranking import Embedding, Scorers


@dataclass(frozen=True)
class ScorerInService:
    """A loaded scorer, replaced as a whole; `trained_on` counts scored revisions."""

    version: str
    scorers: Scorers
    embedding: Embedding
    policy: RankingPolicy
    parameters: int
    trained_on: int


@dataclass(frozen=True)
class CallersOrder:
    """There is no scorer; `reason` explains it to operators."""

    reason: str = "no scorer yet"


RankingSource = ScorerInService | CallersOrder
