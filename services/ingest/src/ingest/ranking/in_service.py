"""What questions are ranked with at a moment: a scorer, or nothing but the caller's order."""

from dataclasses import dataclass

from ratchet.contract import RankingPolicy
from ratchet.ranking import Embedding, Scorers


@dataclass(frozen=True)
class Served:
    """A scorer in service, replaced as a whole; `trained_on` counts scored revisions."""

    version: str
    scorers: Scorers
    embedding: Embedding
    policy: RankingPolicy
    parameters: int
    trained_on: int


@dataclass(frozen=True)
class CallersOrder:
    """No scorer serves; `why` says the reason to people."""

    why: str = "no scorer yet"


Standing = Served | CallersOrder
