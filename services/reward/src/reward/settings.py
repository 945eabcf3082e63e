"""Settings of the reward service: weights, bounds, example rules and windows."""

from pydantic import Field

from ratchet.settings import CommonSettings
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.examples.trace_sampling import TraceSampling
from reward.domain.scoring.weights import RewardBounds, RewardWeights
from reward.domain.state.policy import CallSeconds, FollowUpSeconds, RewardPolicy, WindowDays

_DEFAULT = RewardPolicy()


class RewardSettings(CommonSettings):
    """`RATCHET_REWARD_WEIGHTS`, `_BOUNDS`, `_PAIRING` and `_TRACES` take JSON objects."""

    port: int = Field(default=8101, ge=1, le=65535)
    reward_weights: RewardWeights = _DEFAULT.weights
    reward_bounds: RewardBounds = _DEFAULT.bounds
    reward_pairing: PairingRules = _DEFAULT.pairing
    reward_traces: TraceSampling = _DEFAULT.traces
    reward_window_days: WindowDays = _DEFAULT.window_days
    reward_follow_up_window_s: FollowUpSeconds = _DEFAULT.follow_up_window_s
    reward_call_window_s: CallSeconds = _DEFAULT.call_window_s
    reward_batch: int = Field(default=200, ge=1, le=1000)

    @property
    def reward_policy(self) -> RewardPolicy:
        return RewardPolicy(
            **{name: getattr(self, f"reward_{name}") for name in RewardPolicy.model_fields}
        )
