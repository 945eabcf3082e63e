"""The weights and bounds of the reward; the defaults are those of the reward contract."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ratchet.contract import Value

Weight = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class RewardWeights(Value):
    """Weight of each component in the total."""

    explicit_rating: Weight = 1.0
    follow_up_type: Weight = 0.5
    widget_engagement: Weight = 0.3
    response_latency: Weight = 0.1
    intent_confidence: Weight = 0.1
    evaluation_confidence_boost: Weight = 0.2
    per_widget_appropriateness: Weight = 0.4
    missing_widget_penalty: Weight = -0.3
    size_appropriateness: Weight = 0.2
    text_quality: Weight = 0.4


class FollowUpValues(Value):
    """The value of each kind of follow-up, in [-1, 1]."""

    satisfied: float = Field(default=1.0, ge=-1, le=1)
    new_topic: float = Field(default=0.3, ge=-1, le=1)
    refinement: float = Field(default=-0.1, ge=-1, le=1)
    correction: float = Field(default=-0.8, ge=-1, le=1)
    repeat: float = Field(default=-1.0, ge=-1, le=1)


class RewardBounds(Value):
    """The numbers of the components' formulas; rewards are clipped to `low`..`high`.

    Names ending in `_s` are latencies in seconds. See `reward.domain.scoring.components`.
    """

    low: float = Field(default=-2.0, ge=-2, lt=0)
    high: float = Field(default=2.0, gt=0, le=2)
    follow_up: FollowUpValues = FollowUpValues()
    deliberate_bonus: Share = 0.2
    fast_s: float = Field(default=3.0, gt=0)
    slow_s: float = Field(default=6.0, gt=0)
    slowest_s: float = Field(default=10.0, gt=0)
    unrated_confidence: Share = 0.3
    sure_above: Share = 0.8
    sure_slope: float = Field(default=2.0, ge=0, le=10)
    doubt_below: Share = 0.6
    doubt_slope: float = Field(default=1.5, ge=0, le=10)
    most_missing: int = Field(default=3, ge=1)
    good_voice_from: Share = 0.5

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.fast_s <= self.slow_s < self.slowest_s:
            raise ValueError("fast_s, slow_s and slowest_s must increase in this order")
        if self.doubt_below > self.sure_above:
            raise ValueError("doubt_below must not be above sure_above")
        return self


CONTRACT = RewardBounds()
