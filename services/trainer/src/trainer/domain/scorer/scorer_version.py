"""A pair of scorers with the policy that they rank under."""

from typing import NamedTuple

from ratchet.contract import RankingPolicy
from ratchet_ranking import Scorers


class ScorerVersion(NamedTuple):
    version: str
    scorers: Scorers
    policy: RankingPolicy
