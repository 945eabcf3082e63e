"""Widget ranking: the query, the candidates, the decision and the served plan."""

from typing import Literal

from pydantic import ConfigDict, Field

from ratchet.contract.event import Event, Value
from ratchet.contract.experience import Intent

SAFETY_SCENARIOS = ("alerts", "kpi")


class RankingQuery(Value):
    """The features of a question; the primary one of `characteristics` comes first."""

    model_config = ConfigDict(allow_inf_nan=False)

    transcript: str = ""
    intent: str = "query"
    confidence: float = 0.0
    domains: tuple[str, ...] = ()
    characteristics: tuple[str, ...] = ()
    devices: int = 0
    timed: bool = False

    @classmethod
    def of(cls, transcript: str, intent: Intent) -> "RankingQuery":
        primary = intent.primary_characteristic
        return cls(
            transcript=transcript,
            intent=intent.type,
            confidence=intent.confidence,
            domains=intent.domains,
            characteristics=(primary or "", *intent.secondary_characteristics),
            devices=len(intent.devices),
            timed=bool(intent.entities.get("time")),
        )


class Candidate(Value):
    """A widget that could be shown; `relevance` (0..1) is the caller's, None if it has none.

    A `required` candidate is always shown.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    scenario: str = Field(min_length=1, max_length=100)
    relevance: float | None = Field(default=None, ge=0, le=1)
    size: str = Field(default="normal", max_length=100)
    required: bool = False


class RankingPolicy(Value):
    """How scores become a ranking.

    A candidate's worth is `relevance + weight * score`. In a share of the decisions one of the
    first `slots` positions is explored by one stage of the Plackett-Luce model: its candidate
    swaps positions with a lower one, drawn with probability proportional to
    `exp(worth / temperature)`. A share or a temperature of 0 disables exploration.
    """

    weight: float = Field(default=1.0, ge=0, le=10)
    share: float = Field(default=0.1, ge=0, le=0.5)
    temperature: float = Field(default=0.3, ge=0, le=10)
    slots: int = Field(default=3, ge=1, le=24)

    @property
    def explores(self) -> bool:
        return self.share > 0 and self.temperature > 0


CALLERS_ORDER = RankingPolicy(weight=0, share=0)
"""The policy that keeps the order of the request."""


class DecisionMade(Event):
    """A ranking that was returned; its `event_id` is the decision's id.

    `order` lists candidates by index, the top first; the first `limit` are shown. `worths` and
    `candidates` are in the order of the request. `propensity` is the probability of exactly this
    order under `policy`; `scorer` is None if the order of the request was kept.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    type: Literal["DecisionMade"] = "DecisionMade"
    user_id: str = ""
    query: RankingQuery
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    limit: int = Field(ge=1)
    order: tuple[int, ...]
    worths: tuple[float, ...]
    propensity: float = Field(gt=0, le=1)
    policy: RankingPolicy
    scorer: str | None = None


class ServedWidget(Value):
    """A widget that was shown, with the judge's score (0..1); `touched` if used."""

    model_config = ConfigDict(allow_inf_nan=False)

    scenario: str
    size: str = "normal"
    relevance: float | None = None
    score: float | None = None
    size_fits: bool | None = None
    touched: bool = False

    @property
    def judged(self) -> bool:
        return self.score is not None or self.size_fits is not None


class ServedPlan(Value):
    """The data a ranking learns from: the question and its widgets in the order shown.

    `missing` are scenarios that the judge missed. `engaged` is True if touches were reported at
    all; without them an untouched widget has no meaning. `reward` is that of the whole plan, None
    without feedback.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    query: RankingQuery
    widgets: tuple[ServedWidget, ...]
    missing: tuple[str, ...] = ()
    reward: float | None = None
    engaged: bool = False
    decision_id: str | None = None
