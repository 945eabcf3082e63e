"""What decides on rankings: a scorer and the policy it serves under."""

from typing import NamedTuple

from ratchet.events.ranking import RankingPolicy
from ratchet.ranking.scorer import Scorers


class Serving(NamedTuple):
    version: str
    scorers: Scorers
    policy: RankingPolicy
