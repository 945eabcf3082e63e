"""The numbers that rewards and examples depend on."""

from typing import Annotated

from pydantic import Field

from ratchet.contract import FEEDBACK_WINDOW_DAYS, Value
from reward.domain.answers.durations import DAY, SECOND
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.examples.trace_sampling import TraceSampling
from reward.domain.scoring.weights import RewardBounds, RewardWeights

WindowDays = Annotated[int, Field(ge=1)]
FollowUpSeconds = Annotated[int, Field(ge=0, le=86_400)]
CallSeconds = Annotated[int, Field(ge=1, le=3_600)]


class RewardPolicy(Value):
    """Every number that a reward and its examples depend on; windows in days and seconds."""

    weights: RewardWeights = RewardWeights()
    bounds: RewardBounds = RewardBounds()
    pairing: PairingRules = PairingRules()
    traces: TraceSampling = TraceSampling()
    window_days: WindowDays = FEEDBACK_WINDOW_DAYS
    follow_up_window_s: FollowUpSeconds = 300
    call_window_s: CallSeconds = 120

    @property
    def window(self) -> int:
        """How long after an experience its feedback is scored, in microseconds."""
        return self.window_days * DAY

    @property
    def follow_up_window(self) -> int:
        """The longest time between a question and its follow-up, in microseconds."""
        return self.follow_up_window_s * SECOND

    @property
    def call_window(self) -> int:
        """The longest time between an answer and the call with its words, in microseconds."""
        return self.call_window_s * SECOND
