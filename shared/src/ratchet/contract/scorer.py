"""The ranking's scorers: published, kept back, or withdrawn, each with the evidence."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import ArtifactRef, Event, Value
from ratchet.contract.ranking import RankingPolicy
from ratchet.contract.run import Interval

PolicyName = Literal["candidate", "in_service", "caller"]


class Estimate(Value):
    """What a policy would have been worth on logged decisions, each with its 95 % interval.

    `effective` is the effective number of decisions behind the weighted estimates, `supported`
    the share of the policy's exposure that the logged decisions could have shown.
    """

    policy: PolicyName
    ips: Interval
    snips: Interval
    dr: Interval
    effective: float
    supported: float = Field(ge=0, le=1)


class Evidence(Value):
    """`basis` says what was compared; `gains` are candidate minus the other, by its name."""

    basis: Literal["logged decisions", "held-out plans", "nothing yet"]
    estimates: tuple[Estimate, ...] = ()
    gains: dict[str, Interval] = Field(default_factory=dict)


class ScorerEvent(Event):
    """`trained_on` counts the scored revisions behind it; `version` names the scorer."""

    version: str
    trained_on: int = Field(ge=0)
    reason: str
    evidence: Evidence


class ScorerPublished(ScorerEvent):
    """The scorer that serves from now on; `artifact` is a safetensors file with its manifest."""

    type: Literal["ScorerPublished"] = "ScorerPublished"
    artifact: ArtifactRef
    parameters: int = Field(ge=1)
    embedding: str
    policy: RankingPolicy
    previous: str | None = None


class ScorerKeptBack(ScorerEvent):
    """A candidate that is not credibly at least as good as what serves."""

    type: Literal["ScorerKeptBack"] = "ScorerKeptBack"


class ScorerWithdrawn(ScorerEvent):
    """The scorer in service is credibly worse than the caller's order, which serves again."""

    type: Literal["ScorerWithdrawn"] = "ScorerWithdrawn"
