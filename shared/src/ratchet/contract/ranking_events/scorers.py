"""Scorers of the ranking: published, kept back or withdrawn, each with its evidence."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import ArtifactRef, Event, Value
from ratchet.contract.ranking_events.decisions import RankingPolicy
from ratchet.contract.run import Interval

PolicyName = Literal["candidate", "in_service", "caller"]


class Estimate(Value):
    """Off-policy estimates of a policy on logged decisions, each with its 95 % interval.

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
    """`basis` is the data compared; `gains` are candidate minus the other policy, by its name."""

    basis: Literal["logged decisions", "held-out plans", "nothing yet"]
    estimates: tuple[Estimate, ...] = ()
    gains: dict[str, Interval] = Field(default_factory=dict)


class ScorerEvent(Event):
    """`trained_on` counts the scored revisions it was trained on; `version` identifies it."""

    version: str
    trained_on: int = Field(ge=0)
    reason: str
    evidence: Evidence


class ScorerPublished(ScorerEvent):
    """The scorer now in service; `artifact` is a safetensors file with its manifest."""

    type: Literal["ScorerPublished"] = "ScorerPublished"
    artifact: ArtifactRef
    parameters: int = Field(ge=1)
    embedding: str
    policy: RankingPolicy
    previous: str | None = None


class ScorerKeptBack(ScorerEvent):
    """A candidate that is not credibly at least as good as the scorer in service."""

    type: Literal["ScorerKeptBack"] = "ScorerKeptBack"


class ScorerWithdrawn(ScorerEvent):
    """The scorer in service is credibly worse than the caller's order, which replaces it."""

    type: Literal["ScorerWithdrawn"] = "ScorerWithdrawn"
