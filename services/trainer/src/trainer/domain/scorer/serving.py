"""What decides on rankings: a scorer and the policy it serves under."""

from typing import NamedTuple

from ratchet.contract import RankingPolicy
from ratchet.ranking import Scorers


class Serving(NamedTuple):
    version: str
    scorers: Scorers
    policy: RankingPolicy
